#compdef greeterctl
# Completion of greeterctl in zsh: source <(greeterctl completion zsh), after compinit.
_greeterctl() {
  local -a lines candidates
  local line
  lines=("${(@f)$("${(Q)words[1]}" __complete "${(@Q)words[2,CURRENT-1]}" "${(Q)PREFIX}" 2>/dev/null)}")
  if [[ $lines[1] == :files ]]; then
    compset -P '--*='
    _files
    return
  fi
  for line in $lines; do
    candidates+=("${${line%%$'\t'*}//:/\\:}:${line#*$'\t'}")
  done
  _describe -t values 'greeterctl' candidates
}
# Sourced, or loaded from $fpath by its first use.
if [[ $funcstack[1] == _greeterctl ]]; then
  _greeterctl "$@"
else
  compdef _greeterctl greeterctl
fi
