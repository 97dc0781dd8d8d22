using System.CommandLine;
using Fairlead.Lab.Kubelet.Images;

namespace Fairlead.Cli.Commands;

/// <summary><c>fairlead lab serve-http</c>: what a container runs whose image has no command. Not for people, so it is not listed.</summary>
internal static class LabServeHttpCommand
{
    public static Command Create()
    {
        Argument<int> port = new("port") { DefaultValueFactory = _ => 80 };
        Option<string?> name = new("--name");
        Command command = new("serve-http", "Answer every HTTP request with the host's name, or another.") { port, name };
        command.Hidden = true;
        command.SetAction(parsed => HttpResponder.Run(parsed.GetValue(port), parsed.GetValue(name)));
        return command;
    }
}
