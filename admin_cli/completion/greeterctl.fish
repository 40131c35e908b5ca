# Completion of greeterctl in fish: greeterctl completion fish | source
function __greeterctl_complete
    set -l words (commandline -opc)
    set -l program $words[1]
    set -e words[1]
    set -l current (commandline -ct)
    set -l lines ($program __complete $words "$current" 2>/dev/null)
    if test "$lines[1]" = :files
        set -l stem (string match -r -- '^--[^=]*=' "$current")
        for path in (__fish_complete_path (string replace -- "$stem" '' "$current"))
            echo "$stem$path"
        end
    else
        string join \n -- $lines
    end
end
complete -c greeterctl -f -a '(__greeterctl_complete)'
