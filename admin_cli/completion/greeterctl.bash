# Completion of greeterctl in bash: source <(greeterctl completion bash)
_greeterctl() {
  local rest=${COMP_LINE#*"${COMP_WORDS[0]}"} words=() word i
  # Bash splits at "=" and ":" as well; greeterctl wants the words as they were typed.
  for ((i = 1; i <= COMP_CWORD; i++)); do
    word=${COMP_WORDS[i]}
    if ((i == 1)) || [[ -z $rest || $rest == [[:space:]]* ]]; then
      words+=("$word")
    else
      words[-1]+=$word
    fi
    rest=${rest#"${rest%%[![:space:]]*}"}
    rest=${rest#"$word"}
  done
  # What stands before the part of the word that bash replaces.
  local current=${words[-1]}
  local stem=${current%"${current##*[=:]}"}
  COMPREPLY=()
  while IFS=$'\t' read -r word _; do
    if [[ $word == :files ]]; then
      compopt -o filenames 2>/dev/null
      mapfile -t COMPREPLY < <(compgen -f -- "${current#"$stem"}")
      return
    fi
    COMPREPLY+=("${word#"$stem"}")
  done < <("${COMP_WORDS[0]/#\~/$HOME}" __complete "${words[@]}" 2>/dev/null)
}
complete -F _greeterctl greeterctl
