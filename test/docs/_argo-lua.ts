import { lauxlib, lua, lualib, to_luastring } from 'fengari';

/** What a health check of Argo CD returns. */
export interface Health {
  status: string;
  message: string;
}

/**
 * Runs a health check as Argo CD does: the resource is the global `obj`, arrays begin with 1, and null is absent. Only the libraries
 * base, table and os are there, so strings have no methods; numbers are never distinguished as integers.
 *
 * @see Argo CD, util/lua/lua.go
 * @throws Error what Lua complains of
 */
export function healthOf(script: string, resource: object): Health {
  const state = lauxlib.luaL_newstate();
  const libraries = { _G: lualib.luaopen_base, table: lualib.luaopen_table, os: lualib.luaopen_os };
  for (const [name, open] of Object.entries(libraries)) {
    lauxlib.luaL_requiref(state, to_luastring(name), open, 1);
    lua.lua_pop(state, 1);
  }
  push(state, resource);
  lua.lua_setglobal(state, to_luastring('obj'));
  if (lauxlib.luaL_dostring(state, to_luastring(script)) !== lua.LUA_OK) {
    throw new Error(lua.lua_tojsstring(state, -1));
  }
  const field = (name: string) => {
    lua.lua_getfield(state, -1, to_luastring(name));
    const value = lua.lua_tojsstring(state, -1);
    lua.lua_pop(state, 1);
    return value;
  };
  return { status: field('status'), message: field('message') };
}

function push(state: lua.State, value: unknown): void {
  if (value === null || value === undefined) lua.lua_pushnil(state);
  else if (typeof value === 'boolean') lua.lua_pushboolean(state, value);
  else if (typeof value === 'number') lua.lua_pushnumber(state, value);
  else if (typeof value === 'string') lua.lua_pushstring(state, to_luastring(value));
  else {
    lua.lua_createtable(state, 0, 0);
    for (const [key, each] of Object.entries(value)) {
      if (Array.isArray(value)) lua.lua_pushnumber(state, Number(key) + 1);
      else lua.lua_pushstring(state, to_luastring(key));
      push(state, each);
      lua.lua_settable(state, -3);
    }
  }
}
