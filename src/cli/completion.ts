import type { Command, Option } from 'commander';

/** Instead of words: a file is expected next. */
export const FILES = ':files';

/**
 * What may come next on the command line, from the tree of commands: one word per line, then a tab and its description;
 * `:files` where a file is expected.
 *
 * @param words those after the name of the program; the last one is being typed, and may be empty
 */
export function completions(program: Command, words: readonly string[]): string {
  const typed = withoutEquals(words);
  const current = typed.pop() ?? '';
  const [, option, value] = /^(--[\w-]+)=(.*)$/.exec(current) ?? [];
  if (option !== undefined) {
    const found = completions(program, [...typed, option, value!]);
    return found.startsWith(FILES) ? '' : found.replaceAll(/^(?=.)/gm, `${option}=`);
  }
  const { command, rest } = commandOf(program, typed);
  const found = candidates(program, command, rest, current);
  if (found === FILES) return `${FILES}\n`;
  return found
    .filter(([word]) => word.startsWith(current))
    .map(([word, about]) => `${word}\t${about}\n`)
    .join('');
}

type Candidate = readonly [word: string, about: string];

function candidates(
  program: Command,
  command: Command,
  rest: readonly string[],
  current: string,
): readonly Candidate[] | typeof FILES {
  const before = optionOf(command, rest.at(-1));
  if (before && takesValue(before)) {
    if (/<(file|manifest)>/.test(before.flags)) return FILES;
    return (before.argChoices ?? []).map((choice) => [choice, before.description]);
  }
  if (current.startsWith('-')) {
    const given = rest.flatMap((word) => optionOf(command, word) ?? []);
    const left = command.options.filter((option) => option.parseArg || !given.includes(option));
    const help: Candidate = ['--help', 'show the help'];
    return [...left.map((option): Candidate => [option.long ?? option.flags, option.description]), help];
  }
  const position = positionals(command, rest).length;
  if (command === program) {
    const known = program.commands.map((one): Candidate => [one.name(), one.description()]);
    return position === 0 ? [...known, ['help', 'show the help of a command']] : rest[0] === 'help' ? known : [];
  }
  return (command.registeredArguments[position]?.argChoices ?? []).map((choice) => [choice, '']);
}

/** The command that the words name, and those that follow its name. */
function commandOf(program: Command, words: readonly string[]): { command: Command; rest: readonly string[] } {
  const index = words.findIndex((word) => !word.startsWith('-'));
  const command = program.commands.find((one) => one.name() === words[index]);
  return command ? { command, rest: words.slice(index + 1) } : { command: program, rest: words };
}

function positionals(command: Command, words: readonly string[]): string[] {
  return words.filter((word, index) => {
    const before = optionOf(command, words[index - 1]);
    return !word.startsWith('-') && !(before && takesValue(before));
  });
}

function optionOf({ options }: Command, word: string | undefined): Option | undefined {
  return options.find(({ short, long }) => word !== undefined && (word === short || word === long));
}

function takesValue({ required, optional }: Option): boolean {
  return required || optional;
}

/** `--output=json` as separate words: bash splits it into three, other shells do not split it. */
function withoutEquals(words: readonly string[]): string[] {
  return words.flatMap((word, index) => {
    if (word === '=') return index === words.length - 1 ? [''] : [];
    return [word];
  });
}

/** The completion script of a shell. It asks the program itself, so that the two cannot differ. */
export function completionScript(shell: 'bash' | 'zsh' | 'fish'): string {
  return SCRIPTS[shell];
}

const SCRIPTS = {
  bash: `# bash completion of emqx-blue-green: source <(emqx-blue-green completion bash)
_emqx_blue_green() {
  local word about
  COMPREPLY=()
  while IFS=$'\\t' read -r word about; do
    if [[ $word == ${FILES} ]]; then
      compopt -o filenames 2>/dev/null
      while read -r word; do COMPREPLY+=("$word"); done < <(compgen -f -- "\${COMP_WORDS[COMP_CWORD]#=}")
    else
      COMPREPLY+=("$word")
    fi
  done < <(emqx-blue-green __complete "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -F _emqx_blue_green emqx-blue-green
`,
  zsh: `#compdef emqx-blue-green
# zsh completion of emqx-blue-green: source <(emqx-blue-green completion zsh), after compinit
_emqx_blue_green() {
  local line
  local -a found
  for line in "\${(@f)$(emqx-blue-green __complete "\${(@)words[2,CURRENT]}" 2>/dev/null)}"; do
    if [[ $line == ${FILES} ]]; then
      _files
      return
    fi
    [[ -n $line ]] && found+=("\${\${line//:/\\:}/$'\\t'/:}")
  done
  _describe emqx-blue-green found
}
if [[ $funcstack[1] == _emqx_blue_green ]]; then
  _emqx_blue_green "$@"
else
  compdef _emqx_blue_green emqx-blue-green
fi
`,
  fish: `# fish completion of emqx-blue-green: emqx-blue-green completion fish | source
function __emqx_blue_green_complete
  set -l current (commandline -ct)
  set -l words (commandline -opc)
  set -l found (emqx-blue-green __complete $words[2..-1] "$current" 2>/dev/null)
  if test "$found[1]" = "${FILES}"
    __fish_complete_path "$current"
  else if test (count $found) -gt 0
    printf '%s\\n' $found
  end
end
complete -c emqx-blue-green -f -a '(__emqx_blue_green_complete)'
`,
} as const;
