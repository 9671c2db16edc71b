import { join } from 'node:path';

import { root } from '../stack/paths.ts';

const program = `'${join(root, 'unlabel').replaceAll("'", "'\\''")}'`;

/** Scripts that ask the program what may come next; where it knows nothing, the shell offers files. */
export const completionScripts = {
  bash: `# unlabel: completion for bash
_unlabel() {
  local line
  COMPREPLY=()
  while IFS= read -r line; do COMPREPLY+=("\${line%%$'\\t'*}"); done < <(
    ${program} complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null
  )
}
complete -o default -F _unlabel unlabel ./unlabel
`,
  zsh: `#compdef unlabel
# unlabel: completion for zsh
_unlabel() {
  local -a values texts
  local line
  for line in "\${(@f)$(${program} complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}"; do
    [[ -n $line ]] || continue
    values+=("\${line%%$'\\t'*}")
    texts+=("\${line/$'\\t'/  -- }")
  done
  if (( \${#values} )); then compadd -l -d texts -a values; else _files; fi
}
compdef _unlabel unlabel ./unlabel
`,
} as const;
