using System.CommandLine;
using Fairlead.Lab.Kubelet.Images;

namespace Fairlead.Cli.Commands;

/// <summary><c>fairlead lab serve-http</c>: what a container runs whose image has no command. Not for people, so it is not listed.</summary>
internal static class LabServeHttpCommand
{
    public static Command Create()
    {
        Argument<int> port = new("port") { DefaultValueFactory = _ => 80 };
        Command command = new("serve-http", "Answer every HTTP request with the host's name.") { port };
        command.Hidden = true;
        command.SetAction(parsed => HttpResponder.Run(parsed.GetValue(port)));
        return command;
    }
}
