using System.CommandLine;

namespace Fairlead.Cli.Commands;

/// <summary><c>fairlead completion</c>: what a shell sources so that Tab completes verbs, options and their words.</summary>
internal static class CompletionCommand
{
    // Each asks this executable for the words that fit: '[suggest:POSITION]' is System.CommandLine's directive for that.
    private const string Bash = """
        _fairlead() {
            local IFS=$'\n' line=${COMP_LINE#"${COMP_WORDS[0]}" } position=$((COMP_POINT - ${#COMP_WORDS[0]} - 1))
            COMPREPLY=($(compgen -W "$("${COMP_WORDS[0]}" "[suggest:$position]" "$line" 2>/dev/null)" -- "${COMP_WORDS[COMP_CWORD]}"))
        }
        complete -o default -F _fairlead fairlead
        """;

    private const string Zsh = """
        #compdef fairlead
        _fairlead() {
            local line=${BUFFER#"${words[1]}" } position=$((CURSOR - ${#words[1]} - 1))
            compadd -- ${(f)"$("${words[1]}" "[suggest:$position]" "$line" 2>/dev/null)"}
        }
        compdef _fairlead fairlead
        """;

    private const string Fish = """
        complete -c fairlead -f -a '(fairlead "[suggest:"(math (commandline -C) - 9)"]" (string replace -r "^\S+ ?" "" -- (commandline)) 2>/dev/null)'
        """;

    public static Command Create()
    {
        Argument<string> shell = new("shell") { Description = "bash, zsh or fish." };
        shell.AcceptOnlyFromAmong("bash", "zsh", "fish");
        Command command = new("completion", "Print what a shell needs to complete: source <(fairlead completion bash).") { shell };
        command.SetAction(parsed =>
        {
            Console.WriteLine(parsed.GetValue(shell) switch
            {
                "bash" => Bash,
                "zsh" => Zsh,
                _ => Fish,
            });
            return 0;
        });
        return command;
    }
}
