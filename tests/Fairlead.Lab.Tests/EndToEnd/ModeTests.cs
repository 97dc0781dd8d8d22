using System.Text.RegularExpressions;

namespace Fairlead.Lab.Tests.EndToEnd;

/// <summary>Labs of several kinds from outside, with a real kubectl and real packets: pod to pod, pod to Service, from outside in and from inside out.</summary>
[Trait("Category", "Root")]
public sealed class ModeTests : IDisposable
{
    private const string Name = "modes";
    private string _kubeconfig = "";

    public void Dispose() => Commands.Run(Commands.Executable, "lab", "down", "--name", Name);

    [Theory]
    [InlineData("direct")]
    [InlineData("vpc")]
    [InlineData("vxlan")]
    public void In_every_mode_and_both_families_everybody_reaches_whom_they_should(string mode)
    {
        Up("--mode", mode, "--dual-stack", "--mtu", "1600");
        Serve();

        string[] services = Kubectl("get", "service", "web", "-o", "jsonpath={.spec.clusterIPs[*]}").Split(' ');
        string[] pods = Kubectl("get", "pods", "-l", "app=web", "-o", "jsonpath={.items[*].status.podIPs[*].ip}").Split(' ');
        Assert.Equal(2, services.Length);
        Assert.Equal(4, pods.Length);
        Assert.All(pods, address => Assert.Matches("^web-", FromPod(Url(address, 8080))));
        Assert.All(services, address => Assert.Matches("^web-", FromPod(Url(address, 80))));
        Assert.Equal("internet", FromPod("http://198.51.100.2/"));
        Assert.Equal("internet", FromPod("http://[2001:db8:100::2]/"));
        Assert.Matches("^web-", AskFrom("client", "http://203.0.113.20:30080/"));
        Assert.Matches("^web-", AskFrom("client", "http://[2001:db8:113::21]:30080/"));
        Assert.Matches($"mtu {(mode == "vxlan" ? 1530 : 1600)} ", Kubectl("exec", "client", "--", "ip", "link", "show", "eth0"));
    }

    [Fact]
    public void Where_the_router_does_not_know_the_pods_they_reach_each_other_only_once_it_is_told()
    {
        Up("--mode", "vpc", "--pod-routes", "off");
        Serve();
        string[] pods = Kubectl("get", "pods", "-l", "app=web", "-o", "jsonpath={.items[*].status.podIP}").Split(' ');
        string far = pods.Single(address => !address.StartsWith(Regex.Match(Kubectl("get", "pod", "client", "-o", "jsonpath={.status.podIP}"), @"^\d+\.\d+\.\d+\.").Value, StringComparison.Ordinal));

        Assert.NotEqual(0, TryFromPod(Url(far, 8080)).ExitCode);

        On("router", "ip", "route", "add", "10.200.0.0/24", "via", "10.240.0.20");
        On("router", "ip", "route", "add", "10.200.1.0/24", "via", "10.240.0.21");
        Assert.Matches("^web-", FromPod(Url(far, 8080)));
    }

    [Fact]
    public void A_node_that_loses_its_power_comes_back_with_its_pods_and_a_flushed_table_is_repaired()
    {
        Up();
        Serve();
        string node = Kubectl("get", "pod", "client", "-o", "jsonpath={.spec.nodeName}");

        Commands.Require(Commands.Executable, "lab", "fault", "restart", node, "--name", Name);
        LabFixture.Eventually(() => Kubectl("get", "pod", "client", "-o", "jsonpath={.status.containerStatuses[0].restartCount} {.status.containerStatuses[0].ready}") is [not '0', ..] and [.., 't', 'r', 'u', 'e'], "the client is back");
        string address = Kubectl("get", "service", "web", "-o", "jsonpath={.spec.clusterIPs[0]}");
        FromPod(Url(address, 80));

        Assert.Contains("inet fairlead", Commands.Require(Commands.Executable, "lab", "fault", "flush", node, "--name", Name), StringComparison.Ordinal);
        FromPod(Url(address, 80));
    }

    [Fact]
    public void Labs_with_the_same_addresses_stay_apart()
    {
        Up();
        Commands.Require(Commands.Executable, "lab", "up", "--name", Name + "-2", "--nodes", "1");
        try
        {
            Assert.Equal("modes modes-2", string.Join(' ', Regex.Matches(Commands.Require(Commands.Executable, "lab", "list"), @"^(modes\S*) ", RegexOptions.Multiline).Select(match => match.Groups[1].Value)));
            Assert.Contains("100% packet loss", Commands.Run("ip", "netns", "exec", $"fl-{Name}-2-worker-0", "ping", "-c1", "-W1", "10.240.0.21").Output, StringComparison.Ordinal);
            Assert.Contains("1 received", Commands.Require("ip", "netns", "exec", $"fl-{Name}-worker-0", "ping", "-c1", "-W60", "10.240.0.21"), StringComparison.Ordinal);
        }
        finally
        {
            Commands.Run(Commands.Executable, "lab", "down", "--name", Name + "-2");
        }

        Assert.Contains("1 received", Commands.Require("ip", "netns", "exec", $"fl-{Name}-worker-0", "ping", "-c1", "-W60", "10.240.0.21"), StringComparison.Ordinal);
    }

    private void Up(params string[] options)
    {
        Commands.Require(Commands.Executable, ["lab", "up", "--name", Name, "--nodes", "2", .. options]);
        _kubeconfig = Commands.Require(Commands.Executable, "lab", "kubeconfig", "--name", Name).Trim();
    }

    private void Serve()
    {
        string file = Path.GetTempFileName();
        File.WriteAllText(file, """
            {"apiVersion":"v1","kind":"List","items":[
              {"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"web"},"spec":{"replicas":2,"selector":{"matchLabels":{"app":"web"}},"template":{
                "metadata":{"labels":{"app":"web"}},
                "spec":{
                  "topologySpreadConstraints":[{"maxSkew":1,"topologyKey":"kubernetes.io/hostname","whenUnsatisfiable":"DoNotSchedule","labelSelector":{"matchLabels":{"app":"web"}}}],
                  "containers":[{"name":"web","image":"web","ports":[{"containerPort":8080}]}]}}}},
              {"apiVersion":"v1","kind":"Service","metadata":{"name":"web"},"spec":{
                "type":"NodePort","ipFamilyPolicy":"PreferDualStack","selector":{"app":"web"},"ports":[{"port":80,"targetPort":8080,"nodePort":30080}]}},
              {"apiVersion":"v1","kind":"Pod","metadata":{"name":"client"},"spec":{"containers":[{"name":"client","image":"client","command":["sleep","infinity"]}]}}]}
            """);
        Kubectl("apply", "-f", file);
        File.Delete(file);
        Kubectl("rollout", "status", "deployment/web", "--timeout=300s");
        Kubectl("wait", "--for=condition=Ready", "pod/client", "--timeout=300s");
    }

    private string Kubectl(params string[] arguments) => Commands.Require(Commands.Kubectl() ?? "kubectl", ["--kubeconfig", _kubeconfig, .. arguments]).Trim();

    private string FromPod(string url) => Answer(() => TryFromPod(url));

    private static string AskFrom(string host, string url) => Answer(() => Commands.Run(Commands.Executable, "lab", "exec", "--name", Name, host, "--", "curl", "-gsS", "-m", "10", url));

    private static string Answer(Func<CommandResult> ask)
    {
        CommandResult answer = new(-1, "", "");
        LabFixture.Eventually(() => (answer = ask()).ExitCode == 0, () => "an answer, not " + answer.Error);
        return answer.Output.Trim();
    }

    private CommandResult TryFromPod(string url) =>
        Commands.Run(Commands.Kubectl() ?? "kubectl", "--kubeconfig", _kubeconfig, "exec", "client", "--", "curl", "-gsS", "-m", "10", url);

    private static string On(string host, params string[] command) => Commands.Require(Commands.Executable, ["lab", "exec", "--name", Name, host, "--", .. command]).Trim();

    private static string Url(string address, int port) => address.Contains(':', StringComparison.Ordinal) ? $"http://[{address}]:{port}/" : $"http://{address}:{port}/";

}
