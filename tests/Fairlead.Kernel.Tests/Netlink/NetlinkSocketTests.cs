using Fairlead.Kernel.Netlink;
using Fairlead.TestSupport;

namespace Fairlead.Kernel.Tests.Netlink;

[Trait("Category", "Root")]
public sealed class NetlinkSocketTests
{
    private const ushort NewLink = 16;
    private const ushort DeleteLink = 17;
    private const ushort GetLink = 18;
    private const ushort GetRoute = 26;
    private const ushort NewRoute = 24;
    private const ushort InterfaceName = 3;
    private const ushort LinkInfo = 18;
    private const ushort LinkInfoKind = 1;
    private const int InterfaceInfoSize = 16;

    [Fact]
    public void A_dump_lists_what_ip_lists()
    {
        using Scratch scratch = new();
        NetworkNamespace host = scratch.Namespace();
        using NetlinkSocket socket = host.Run(() => NetlinkSocket.Open(NetlinkProtocol.Route));
        for (int i = 0; i < 200; i++)
        {
            Assert.True(AddBridge(socket, $"d{i}").Succeeded);
        }

        NetlinkMessageWriter request = new(stackalloc byte[64]);
        request.BeginMessage(GetLink, NetlinkFlags.None);
        request.Reserve(InterfaceInfoSize);
        socket.Dump<string>(request, ReadName, out List<string> names).ThrowIfFailed("list links");

        string[] witnessed = [.. Witness.Json(host, "ip -j link show").AsArray().Select(link => (string)link!["ifname"]!)];
        Assert.Equal(witnessed, names);
    }

    [Fact]
    public void Getting_one_object_gives_one_reply_or_one_error()
    {
        using Scratch scratch = new();
        using NetlinkSocket socket = scratch.Namespace().Run(() => NetlinkSocket.Open(NetlinkProtocol.Route));
        Assert.Equal("lo", Assert.Single(Find(socket, "lo", out NetlinkAnswer found)));
        Assert.True(found.Succeeded);
        Assert.Empty(Find(socket, "none", out NetlinkAnswer missing));
        Assert.Equal(Errno.NoDevice, missing.Error);
    }

    [Fact]
    public void A_refusal_carries_the_kernels_own_sentence()
    {
        using Scratch scratch = new();
        using NetlinkSocket socket = scratch.Namespace().Run(() => NetlinkSocket.Open(NetlinkProtocol.Route));

        // ip route add 10.0.0.0/8 via 192.0.2.1
        NetlinkMessageWriter request = new(stackalloc byte[128]);
        WriteRoute(ref request, 10, [192, 0, 2, 1]);
        NetlinkAnswer answer = socket.Request(request);

        Assert.Equal(Errno.NetworkUnreachable, answer.Error);
        NetlinkException exception = Assert.Throws<NetlinkException>(() => answer.ThrowIfFailed("add route 10.0.0.0/8 via 192.0.2.1"));
        Assert.Equal("add route 10.0.0.0/8 via 192.0.2.1: Nexthop has invalid gateway (Network is unreachable)", exception.Message);
    }

    [Fact]
    public void A_batch_of_megabytes_reports_each_refused_message_by_its_place()
    {
        using Scratch scratch = new();
        NetworkNamespace host = scratch.Namespace();
        using NetlinkSocket socket = host.Run(() => NetlinkSocket.Open(NetlinkProtocol.Route));
        NetlinkMessageWriter batch = new(stackalloc byte[256]);
        const int Count = 30_000;
        for (int i = 0; i < Count; i++)
        {
            WriteRoute(ref batch, 10, [192, 0, 2, 1]);
        }

        AddBridge(socket, "unrelated").ThrowIfFailed("add link");
        List<NetlinkBatchError> errors = socket.Batch(batch);

        Assert.True(batch.Length > 1_000_000);
        Assert.Equal(Enumerable.Range(0, Count), errors.Select(error => error.Index));
        Assert.Equal("Nexthop has invalid gateway", Assert.Single(errors.Select(error => error.Answer.KernelMessage).Distinct()));
        batch.Dispose();
    }

    [Fact]
    public void Notifications_come_to_a_subscribed_socket()
    {
        using Scratch scratch = new();
        NetworkNamespace host = scratch.Namespace();
        using NetlinkSocket socket = host.Run(() => NetlinkSocket.Open(NetlinkProtocol.Route));
        using NetlinkSocket monitor = host.Run(() => NetlinkSocket.Open(NetlinkProtocol.Route));
        monitor.Subscribe(1); // RTNLGRP_LINK
        Assert.Equal(NetlinkReceiveStatus.TimedOut, monitor.Receive(out _, TimeSpan.FromMilliseconds(1), TestContext.Current.CancellationToken));

        AddBridge(socket, "seen").ThrowIfFailed("add link");

        Assert.Equal(NetlinkReceiveStatus.Received, monitor.Receive(out NetlinkMessageReader messages, TimeSpan.FromSeconds(5), TestContext.Current.CancellationToken));
        Assert.True(messages.MoveNext());
        Assert.Equal(NewLink, messages.Current.Type);
    }

    [Fact]
    public async Task A_wait_ends_when_it_is_cancelled_and_the_socket_serves_on()
    {
        using Scratch scratch = new();
        NetworkNamespace host = scratch.Namespace();
        using NetlinkSocket monitor = host.Run(() => NetlinkSocket.Open(NetlinkProtocol.Route));
        monitor.Subscribe(1);
        using CancellationTokenSource source = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        Task wait = Task.Run(() => monitor.Receive(out _, Timeout.InfiniteTimeSpan, source.Token), TestContext.Current.CancellationToken);
        await source.CancelAsync();
        await Assert.ThrowsAsync<OperationCanceledException>(() => wait);

        using NetlinkSocket socket = host.Run(() => NetlinkSocket.Open(NetlinkProtocol.Route));
        AddBridge(socket, "seen").ThrowIfFailed("add link");
        Assert.Equal(NetlinkReceiveStatus.Received, monitor.Receive(out _, TimeSpan.FromSeconds(5), TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_wait_ends_when_the_socket_is_closed()
    {
        using Scratch scratch = new();
        using NetlinkSocket monitor = scratch.Namespace().Run(() => NetlinkSocket.Open(NetlinkProtocol.Route));
        monitor.Subscribe(1);
        using ManualResetEventSlim begun = new();
        Task wait = Task.Run(
            () =>
            {
                begun.Set();
                while (monitor.Receive(out _, TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken) == NetlinkReceiveStatus.TimedOut)
                {
                }
            },
            TestContext.Current.CancellationToken);
        begun.Wait(TestContext.Current.CancellationToken);
        monitor.Dispose();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => wait);
    }

    [Fact]
    public async Task A_list_taken_while_others_change_things_lacks_nothing_that_stood_still()
    {
        using Scratch scratch = new();
        NetworkNamespace host = scratch.Namespace();
        using NetlinkSocket socket = host.Run(() => NetlinkSocket.Open(NetlinkProtocol.Route));
        string[] still = [.. Enumerable.Range(0, 100).Select(i => $"still{i}")];
        foreach (string name in still)
        {
            AddBridge(socket, name).ThrowIfFailed("add link");
        }

        using CancellationTokenSource source = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        using NetlinkSocket other = host.Run(() => NetlinkSocket.Open(NetlinkProtocol.Route));
        Task churn = Task.Run(
            () =>
            {
                // Links come between the parts of a dump, which the kernel flags.
                for (int i = 0; i < 30 && !source.IsCancellationRequested; i++)
                {
                    AddBridge(other, $"moving{i}").ThrowIfFailed("add link");
                    source.Token.WaitHandle.WaitOne(20);
                }
            },
            TestContext.Current.CancellationToken);
        NetlinkMessageWriter request = new(new byte[64]);
        request.BeginMessage(GetLink, NetlinkFlags.None);
        request.Reserve(InterfaceInfoSize);
        for (int i = 0; i < 100; i++)
        {
            socket.Dump<string>(request, ReadName, out List<string> names).ThrowIfFailed("list links");
            Assert.Empty(still.Except(names));
            Assert.Equal(names.Count, names.Distinct().Count());
        }

        await source.CancelAsync();
        await churn;
    }

    [Fact]
    public void What_the_kernel_had_to_drop_is_said()
    {
        using Scratch scratch = new();
        NetworkNamespace host = scratch.Namespace();
        using NetlinkSocket socket = host.Run(() => NetlinkSocket.Open(NetlinkProtocol.Route));
        using NetlinkSocket monitor = host.Run(() => NetlinkSocket.Open(NetlinkProtocol.Route));
        monitor.Subscribe(1);
        monitor.SetReceiveCapacity(1);
        for (int i = 0; i < 20; i++)
        {
            AddBridge(socket, $"d{i}").ThrowIfFailed("add link");
        }

        Assert.Equal(NetlinkReceiveStatus.Overrun, monitor.Receive(out _, TimeSpan.FromSeconds(1), TestContext.Current.CancellationToken));
    }

    private static NetlinkAnswer AddBridge(NetlinkSocket socket, string name)
    {
        // ip link add NAME type bridge
        NetlinkMessageWriter request = new(stackalloc byte[128]);
        request.BeginMessage(NewLink, NetlinkFlags.Create | NetlinkFlags.Exclusive);
        request.Reserve(InterfaceInfoSize);
        request.WriteString(InterfaceName, name);
        NetlinkNest info = request.BeginNested(LinkInfo);
        request.WriteString(LinkInfoKind, "bridge");
        request.EndNested(info);
        return socket.Request(request);
    }

    private static List<string> Find(NetlinkSocket socket, string name, out NetlinkAnswer answer)
    {
        NetlinkMessageWriter request = new(stackalloc byte[64]);
        request.BeginMessage(GetLink, NetlinkFlags.None);
        request.Reserve(InterfaceInfoSize);
        request.WriteString(InterfaceName, name);
        List<string> names = [];
        answer = socket.Get(request, ReadName, names);
        return names;
    }

    private static void ReadName(NetlinkMessage message, List<string> names)
    {
        if (message.Attributes(InterfaceInfoSize).TryFind(InterfaceName, out NetlinkAttribute name))
        {
            names.Add(name.String);
        }
    }

    private static void WriteRoute(ref NetlinkMessageWriter writer, byte network, ReadOnlySpan<byte> gateway)
    {
        writer.BeginMessage(NewRoute, NetlinkFlags.Create | NetlinkFlags.Exclusive);
        ReadOnlySpan<byte> header = [2, 8, 0, 0, 254, 3, 0, 1, 0, 0, 0, 0];
        header.CopyTo(writer.Reserve(12));
        writer.WriteBytes(1, [network, 0, 0, 0]);
        writer.WriteBytes(5, gateway);
    }
}
