using Fairlead.Lab.Tests.Kubelet;
using Xunit.Runner.InProc.SystemConsole;

// The tests' own runner, or one of the processes that tests start inside of namespaces.
return args switch
{
    ["node-runtime", .. var rest] => await NodeHost.RunAsync(rest),
    _ => await ConsoleRunner.Run(args),
};
