using System.Net.Sockets;
using System.Text;
using Fairlead.Cni.Tests.Sandboxes;

namespace Fairlead.Cni.Tests.Plugins;

/// <summary>The plugin fairlead: a pod begins when the node's agent says that its policies are in the kernel.</summary>
[Trait("Category", "Root")]
public sealed class PolicyGateTests : IDisposable
{
    private const string Pod = "IgnoreUnknown=1;K8S_POD_NAMESPACE=shop;K8S_POD_NAME=cart";
    private readonly Sandbox _sandbox = new();

    public void Dispose() => _sandbox.Dispose();

    [Fact]
    public void A_pod_waits_for_the_agent_and_gives_its_addresses_back()
    {
        using Agent agent = new(Path.Combine(_sandbox.Directory, "agent.sock"), "200 OK", "enforced");
        Container pod = _sandbox.NewContainer();
        Chain chain = NewChain();
        Assert.NotEmpty(chain.Add(pod, args: Pod).ContainerAddresses);
        Assert.Equal($"/policy/admit?namespace=shop&pod=cart&sandbox={pod.Id}&addresses=10.1.0.2%2Cfd01%3A%3A2", agent.Questions[0]);
        chain.Delete(pod);
    }

    [Fact]
    public void Without_an_agent_it_is_to_be_tried_again()
    {
        CniException refused = Assert.Throws<CniException>(() => NewChain().Add(_sandbox.NewContainer(), args: Pod));
        Assert.Equal(CniErrorCode.TryAgainLater, refused.Code);
        Assert.Contains("no agent answers at", refused.Message, StringComparison.Ordinal);
        Assert.Equal(CniErrorCode.NotAvailable, Assert.Throws<CniException>(() => NewChain().Status()).Code);
    }

    [Fact]
    public void What_the_agent_refuses_is_said()
    {
        using Agent agent = new(Path.Combine(_sandbox.Directory, "agent.sock"), "400 Bad Request", "pod shop/cart is not in the API");
        CniException refused = Assert.Throws<CniException>(() => NewChain().Add(_sandbox.NewContainer(), args: Pod));
        Assert.Equal(CniErrorCode.TryAgainLater, refused.Code);
        Assert.Contains("pod shop/cart is not in the API", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "")] //                     no pod: nobody has policies for it
    [InlineData(",\"required\":false", Pod)] // told not to need an agent
    public void Nobody_waits_where_nobody_needs_to(string option, string args) =>
        Assert.NotEmpty(NewChain(option).Add(_sandbox.NewContainer(), args: args).ContainerAddresses);

    private Chain NewChain(string option = "") => new(_sandbox, $$"""
        {"type":"bridge","bridge":"br0","isDefaultGateway":true,"ipam":{{_sandbox.HostLocal("10.1.0.0/24", "fd01::/64")}} },{"type":"fairlead","socket":"DIR/agent.sock"{{option}}}
        """);

    /// <summary>An agent that always says the same.</summary>
    private sealed class Agent : IDisposable
    {
        private readonly Socket listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);

        public Agent(string path, string status, string body)
        {
            listener.Bind(new UnixDomainSocketEndPoint(path));
            listener.Listen();
            new Thread(() =>
            {
                try
                {
                    while (true)
                    {
                        using Socket asker = listener.Accept();
                        byte[] question = new byte[4096];
                        int length = asker.Receive(question);
                        lock (Questions)
                        {
                            Questions.Add(Encoding.ASCII.GetString(question, 0, length).Split(' ')[1]);
                        }

                        asker.Send(Encoding.ASCII.GetBytes($"HTTP/1.1 {status}\r\nConnection: close\r\n\r\n{body}\n"));
                    }
                }
                catch (Exception e) when (e is SocketException or ObjectDisposedException)
                {
                }
            })
            { IsBackground = true }.Start();
        }

        public List<string> Questions { get; } = [];

        public void Dispose() => listener.Dispose();
    }
}
