/** The part of the library that the tests use; it comes without types. */
declare module 'fengari' {
  export namespace lua {
    interface State {
      readonly top: number;
    }
    const LUA_OK: number;
    function lua_pop(state: State, count: number): void;
    function lua_setglobal(state: State, name: Uint8Array): void;
    function lua_getfield(state: State, index: number, name: Uint8Array): void;
    function lua_settable(state: State, index: number): void;
    function lua_createtable(state: State, items: number, fields: number): void;
    function lua_pushnil(state: State): void;
    function lua_pushboolean(state: State, value: boolean): void;
    function lua_pushnumber(state: State, value: number): void;
    function lua_pushstring(state: State, value: Uint8Array): void;
    function lua_tojsstring(state: State, index: number): string;
  }
  type Open = (state: lua.State) => number;
  export const lauxlib: {
    luaL_newstate(): lua.State;
    luaL_requiref(state: lua.State, name: Uint8Array, open: Open, global: 0 | 1): void;
    luaL_dostring(state: lua.State, script: Uint8Array): number;
  };
  export const lualib: Record<'luaopen_base' | 'luaopen_table' | 'luaopen_os', Open>;
  export function to_luastring(text: string): Uint8Array;
}
