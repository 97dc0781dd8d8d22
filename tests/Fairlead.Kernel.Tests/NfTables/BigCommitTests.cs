using System.Diagnostics;
using System.Net;
using Fairlead.Kernel.Netlink;
using Fairlead.Kernel.NfTables;
using Fairlead.TestSupport;

namespace Fairlead.Kernel.Tests.NfTables;

/// <summary>10,000 services of 10 endpoints in one transaction.</summary>
[Trait("Category", "Root")]
public sealed class BigCommitTests(ITestOutputHelper output) : IDisposable
{
    private const int Services = 10_000;
    private const int Endpoints = 10;

    private readonly Scratch _scratch = new();

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public void A_hundred_thousand_elements_are_one_transaction()
    {
        NetworkNamespace space = _scratch.Namespace();
        using NfTablesClient client = space.Run(NfTablesClient.Open);
        Stopwatch watch = Stopwatch.StartNew();
        Transaction transaction = new Transaction(ServiceLayout.Table).AddTable().Add(ServiceLayout.Service).Add(ServiceLayout.Endpoint).Add(Chain.Regular("lb-10"));
        transaction.Add(ServiceLayout.Service, Keys().Select(key => Element.Of(DataValue.Concat(key.Address, Scalar.Protocol(IpProtocol.Tcp), Scalar.Port(80)), Verdict.Goto("lb-10"))).ToArray());
        transaction.Add(ServiceLayout.Endpoint, Keys().SelectMany(EndpointsOf).ToArray());
        int bytes = Encode(transaction); // for the figures: once before, which also warms the encoder up
        watch.Restart();
        Encode(transaction);
        TimeSpan encoded = watch.Elapsed;
        Environment.ProcessCpuUsage beforeCommit = Environment.CpuUsage;
        client.Commit(transaction);
        Environment.ProcessCpuUsage afterCommit = Environment.CpuUsage;
        TimeSpan committed = watch.Elapsed;
        Assert.Equal(Services, client.ListElements(ServiceLayout.Table, ServiceLayout.Service).Count);
        IReadOnlyList<Element> listed = client.ListElements(ServiceLayout.Table, ServiceLayout.Endpoint);
        TimeSpan read = watch.Elapsed;
        Assert.Equal(((ElementOperation)transaction.Operations[^1]).Elements.ToHashSet(), listed.ToHashSet());

        // One endpoint among them.
        Element one = listed[Services];
        Element other = one with { Data = ServiceLayout.Pair("10.200.9.9", 99) };
        TimeSpan before = watch.Elapsed;
        for (int round = 0; round < 50; round++)
        {
            client.Commit(new Transaction(ServiceLayout.Table).Delete(ServiceLayout.Endpoint, one).Add(ServiceLayout.Endpoint, other));
            client.Commit(new Transaction(ServiceLayout.Table).Delete(ServiceLayout.Endpoint, other).Add(ServiceLayout.Endpoint, one));
        }

        output.WriteLine($"{bytes} bytes, encoded in {encoded.TotalMilliseconds:F0} ms, encoded and committed in {(committed - encoded).TotalMilliseconds:F0} ms (processor time: {(afterCommit.UserTime - beforeCommit.UserTime).TotalMilliseconds:F0} ms ours, {(afterCommit.PrivilegedTime - beforeCommit.PrivilegedTime).TotalMilliseconds:F0} ms the kernel's), listed in {(read - committed).TotalMilliseconds:F0} ms, one replaced in {(watch.Elapsed - before).TotalMilliseconds / 100:F3} ms");
        Assert.Contains("goto lb-10", Witness.Run(space, "nft list map inet fairlead service"));

        client.Commit(new Transaction(ServiceLayout.Table).Delete(ServiceLayout.Endpoint, listed));
        Assert.Empty(client.ListElements(ServiceLayout.Table, ServiceLayout.Endpoint));
    }

    private static int Encode(Transaction transaction)
    {
        NetlinkMessageWriter writer = new(stackalloc byte[4096]);
        try
        {
            BatchEncoder.Write(ref writer, transaction, generation: null);
            return writer.Length;
        }
        finally
        {
            writer.Dispose();
        }
    }

    private static IEnumerable<(Scalar Address, int Number)> Keys() =>
        Enumerable.Range(0, Services).Select(static number => (Scalar.Address(new IPAddress([10, 96, (byte)(number >> 8), (byte)number])), number));

    private static IEnumerable<Element> EndpointsOf((Scalar Address, int Number) service) => Enumerable.Range(0, Endpoints).Select(slot => Element.Of(
        DataValue.Concat(service.Address, Scalar.Protocol(IpProtocol.Tcp), Scalar.Port(80), Scalar.Number((uint)slot)),
        DataValue.Concat(Scalar.Address(new IPAddress([10, 200, (byte)(service.Number >> 8), (byte)service.Number])), Scalar.Port((ushort)(8000 + slot)))));
}
