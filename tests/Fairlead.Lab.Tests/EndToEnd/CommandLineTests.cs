using System.Text.Json;

namespace Fairlead.Lab.Tests.EndToEnd;

/// <summary>What the executable says to whoever types something odd: which word it was, and what would be right.</summary>
public class CommandLineTests
{
    [Theory] //   typed                                        says                                                                                    exit code
    [InlineData("lba",                                         "fairlead: 'lba' is no command of 'fairlead'; did you mean 'lab'?",                       2)]
    [InlineData("api-server --help",                           "fairlead: 'api-server' is no command of 'fairlead'; did you mean 'apiserver'?",          2)]
    [InlineData("lab upp",                                     "fairlead: 'upp' is no command of 'fairlead lab'; did you mean 'up'?",                    2)]
    [InlineData("lab frobnicate",                              "fairlead: 'frobnicate' is no command of 'fairlead lab'.",                                2)]
    [InlineData("lab up --nmae x",                             "fairlead: '--nmae' is no option of 'fairlead lab up'; did you mean '--name'?",           2)]
    [InlineData("lab down demo",                               "fairlead: 'demo' is more than is understood by 'fairlead lab down'; did you mean '--name demo'?", 2)]
    [InlineData("lab up --nodes many",                         "fairlead: --nodes: 'many' is not a number.",                                             2)]
    [InlineData("lab up --mode foo",                           "fairlead: --mode: 'foo' is none of direct, vxlan, vpc.",                                 2)]
    [InlineData("agent --vxlan-port 70000",                    "fairlead: --vxlan-port: '70000' is not a number from 0 to 65535.",                       2)]
    [InlineData("policy status --kubeconfig /nowhere/config",  "fairlead: there is no kubeconfig /nowhere/config; name another with --kubeconfig or $KUBECONFIG.", 1)]
    [InlineData("dns --kubeconfig /nowhere/config",            "fairlead: there is no kubeconfig /nowhere/config; name another with --kubeconfig or $KUBECONFIG.", 1)]
    [InlineData("policy status --kubeconfig /etc/hosts",       "fairlead: /etc/hosts is no kubeconfig: it has no fields.",                               1)]
    public void What_is_not_understood_is_named(string typed, string says, int exitCode)
    {
        CommandResult result = Commands.Run(Commands.Executable, typed.Split(' '));
        Assert.StartsWith(says, result.Error, StringComparison.Ordinal);
        Assert.Equal(exitCode, result.ExitCode);
        Assert.Empty(result.Output);
    }

    [Theory] //   typed         shows
    [InlineData("",             "fairlead [command] [options]")]
    [InlineData("help",         "fairlead [command] [options]")]
    [InlineData("lab",          "fairlead lab [command] [options]")]
    [InlineData("help lab up",  "--mode <direct|vxlan|vpc>")]
    [InlineData("policy",       "fairlead policy [command] [options]")]
    public void Without_a_verb_there_is_help(string typed, string shows)
    {
        CommandResult result = Commands.Run(Commands.Executable, typed.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        Assert.Contains(shows, result.Output, StringComparison.Ordinal);
        Assert.Equal(0, result.ExitCode);
    }

    [Fact]
    public void Bash_completes_verbs_options_and_their_words()
    {
        string script = """
            source <(fairlead completion bash)
            complete_line() {
                COMP_LINE="$1"; COMP_POINT=${#1}; read -ra COMP_WORDS <<<"$1"
                [[ $1 == *' ' ]] && COMP_WORDS+=("")
                COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _fairlead; echo "${COMPREPLY[*]}"
            }
            complete_line "fairlead la"; complete_line "fairlead lab up --mo"; complete_line "fairlead lab up --mode v"
            """;
        string path = $"PATH={Path.GetDirectoryName(Commands.Executable)}:$PATH\n";
        Assert.Equal("lab\n--mode\nvpc vxlan\n", Commands.Require("bash", "-c", path + script));
    }

    [Fact]
    public void Labs_are_listed_for_programs_too()
    {
        using JsonDocument labs = JsonDocument.Parse(Commands.Require(Commands.Executable, "lab", "list", "-o", "json"));
        Assert.Equal(JsonValueKind.Array, labs.RootElement.ValueKind);
    }
}
