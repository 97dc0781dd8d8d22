using Fairlead.Kernel.NfTables;
using Fairlead.Kernel.NfTables.Expressions;
using Fairlead.TestSupport;

namespace Fairlead.Kernel.Tests.NfTables;

[Trait("Category", "Root")]
public sealed class ElementTests : IDisposable
{
    private static readonly TableId s_table = TableId.Inet("t");

    private readonly Scratch _scratch = new();
    private readonly NetworkNamespace _space;
    private readonly NfTablesClient _client;

    public ElementTests()
    {
        _space = _scratch.Namespace();
        _client = _space.Run(NfTablesClient.Open);
    }

    public void Dispose()
    {
        _client.Dispose();
        _scratch.Dispose();
    }

    [Theory] //   ranges of one field                       as nft prints them
    [InlineData("10.0.0.0-10.0.0.255", "10.0.0.0/24")]
    [InlineData("10.0.0.0-10.0.0.255 10.0.1.0-10.0.1.255", "10.0.0.0/24, 10.0.1.0/24")] // the end of one is the beginning of the next
    [InlineData("10.0.0.1-10.0.0.1", "10.0.0.1")]
    [InlineData("10.0.0.1-10.0.0.9 10.0.0.11-10.0.0.11 10.0.0.12-10.0.0.14", "10.0.0.1-10.0.0.9, 10.0.0.11, 10.0.0.12-10.0.0.14")]
    [InlineData("0.0.0.0-0.255.255.255", "0.0.0.0/8")]
    [InlineData("224.0.0.0-255.255.255.255", "224.0.0.0/3")] // open at its end
    [InlineData("255.255.255.255-255.255.255.255", "255.255.255.255")]
    [InlineData("0.0.0.0-255.255.255.255", "0.0.0.0/0")]
    public void Ranges_come_back_as_they_were_written(string ranges, string printed)
    {
        Set set = Set.Intervals("s", DataType.Ipv4Address);
        Element[] elements = [.. ranges.Split(' ').Select(range => range.Split('-')).Select(ends => ends[0] == ends[1]
            ? Element.Of(ServiceLayout.Address(ends[0]))
            : Element.Range(ServiceLayout.Address(ends[0]), ServiceLayout.Address(ends[1])))];
        _client.Commit(new Transaction(s_table).AddTable().Add(set).Add(set, elements));
        Assert.Equal(elements, _client.ListElements(s_table, set));
        string listed = NftWitness.List(_space);
        listed = listed[(listed.IndexOf("elements = {", StringComparison.Ordinal) + 12)..listed.LastIndexOf(" }", StringComparison.Ordinal)];
        Assert.Equal(printed, string.Join(", ", listed.Split(',', StringSplitOptions.TrimEntries)));

        _client.Commit(new Transaction(s_table).Delete(set, elements));
        Assert.Empty(_client.ListElements(s_table, set));
    }

    [Fact]
    public void Elements_of_every_kind_of_set_come_back_and_go()
    {
        Random random = new(20260103);
        DataType[] fields = [DataType.Ipv4Address, DataType.Ipv6Address, DataType.Protocol, DataType.Port, DataType.Mark, DataType.InterfaceName, DataType.EthernetAddress, DataType.Number];
        for (int round = 0; round < 60; round++)
        {
            ValueList<DataType> key = [.. Enumerable.Range(0, random.Next(1, 5)).Select(_ => fields[random.Next(fields.Length - (round % 2))])];
            bool interval = round % 3 == 0 && !key.Contains(DataType.Number) && !key.Contains(DataType.Mark) && !key.Contains(DataType.InterfaceName) && DataTypes.Length(key) <= 48;
            Set set = (round % 4) switch
            {
                0 => new Set { Name = $"s{round}", Key = key, Interval = interval },
                1 => new Map { Name = $"s{round}", Key = key, Interval = interval, Value = new MapValue.Verdicts() },
                2 => new Map { Name = $"s{round}", Key = key, Interval = interval, Value = new MapValue.Data([DataType.Ipv4Address, DataType.Port]) },
                _ => new Set { Name = $"s{round}", Key = key, Interval = interval, ElementTimeouts = true, Size = 500, Comment = $"round {round}" },
            };
            Element[] elements = [.. Enumerable.Range(0, 100).Select(_ => RandomElement(random, set)).DistinctBy(element => element.Key)];
            if (interval)
            {
                elements = WithoutOverlaps(set, elements);
            }

            _client.Commit(new Transaction(s_table).AddTable().Add(set).Add(set, elements));
            Assert.Equal(set, _client.ListSets(s_table).Single(listed => listed.Set.Name == set.Name).Set);
            HashSet<Element> read = [.. _client.ListElements(s_table, set).Select(element => element with { Expiration = null })];
            Assert.Equal(elements.ToHashSet(), read);

            Element[] gone = elements[..(elements.Length / 2)];
            _client.Commit(new Transaction(s_table).Delete(set, gone));
            Assert.Equal(elements.Length - gone.Length, _client.ListElements(s_table, set).Count);
        }
    }

    [Fact]
    public void Elements_may_have_counters_objects_timeouts_and_a_catch_all()
    {
        StatefulObject counter = StatefulObject.NewCounter("c1");
        Map objects = new() { Name = "objects", Key = [DataType.Ipv4Address], Value = new MapValue.Objects(ObjectType.Counter) };
        Map verdicts = Map.ToVerdicts("verdicts", DataType.Port) with { ElementExpressions = [new Counter()] };
        Set timed = Set.Of("timed", DataType.Ipv4Address) with { Timeout = TimeSpan.FromMinutes(5), GarbageCollection = TimeSpan.FromSeconds(7), Policy = SetPolicy.Memory };
        _client.Commit(new Transaction(s_table).AddTable().Add(counter).Add(objects).Add(verdicts).Add(timed)
            .Add(objects, Element.Of(ServiceLayout.Address("10.0.0.1")) with { ObjectName = "c1" })
            .Add(verdicts, new Element { Key = Scalar.Port(80), Verdict = Verdict.Accept, Expressions = [new Counter(3, 4)] }, new Element { Key = default, CatchAll = true, Verdict = Verdict.Drop })
            .Add(timed, Element.Of(ServiceLayout.Address("10.0.0.1")), Element.Of(ServiceLayout.Address("10.0.0.2")) with { Timeout = TimeSpan.FromHours(1), Expiration = TimeSpan.FromMinutes(30) }));

        Assert.Equal("c1", Assert.Single(_client.ListElements(s_table, objects)).ObjectName);
        IReadOnlyList<Element> listed = _client.ListElements(s_table, verdicts);
        Assert.Equal(new Counter(3, 4), listed.Single(element => !element.CatchAll).Expressions[0]);
        Assert.Equal(Verdict.Drop, listed.Single(element => element.CatchAll).Verdict);
        IReadOnlyList<Element> times = _client.ListElements(s_table, timed);
        Assert.Equal(TimeSpan.FromHours(1), times.Single(element => element.Key == ServiceLayout.Address("10.0.0.2")).Timeout);
        Assert.InRange(times.Single(element => element.Key == ServiceLayout.Address("10.0.0.2")).Expiration!.Value, TimeSpan.FromMinutes(29), TimeSpan.FromMinutes(30));
        Assert.Equal([objects, verdicts, timed], _client.ListSets(s_table).Select(set => set.Set));
        string text = NftWitness.List(_space);
        Assert.Contains("10.0.0.1 : \"c1\"", text);
        Assert.Contains("80 counter packets 3 bytes 4 : accept", text);
        Assert.Contains("* counter packets 0 bytes 0 : drop", text);
    }

    private static Element RandomElement(Random random, Set set)
    {
        byte[] first = RandomKey(random, set.Key);
        Element element = new()
        {
            Key = new DataValue(first),
            Comment = random.Next(10) == 0 ? $"number {random.Next()}" : null,
            Timeout = set.ElementTimeouts ? TimeSpan.FromSeconds(random.Next(1000, 2000)) : null,
        };
        if (set.Interval && random.Next(2) == 0)
        {
            // Only the lowest bits of each field differ.
            byte[] last = [.. first];
            int offset = 0;
            foreach (DataType field in set.Key)
            {
                last[offset + DataTypes.Length(field) - 1] |= 0x0f;
                offset += DataTypes.Padded(DataTypes.Length(field));
            }

            element = element with { KeyEnd = last.AsSpan().SequenceEqual(first) ? default : new DataValue(last) };
        }

        return (set as Map)?.Value switch
        {
            MapValue.Verdicts => element with { Verdict = random.Next(2) == 0 ? Verdict.Accept : Verdict.Drop },
            MapValue.Data data => element with { Data = new DataValue(RandomKey(random, data.Fields)) },
            _ => element,
        };
    }

    private static byte[] RandomKey(Random random, ValueList<DataType> fields)
    {
        byte[] key = new byte[DataTypes.Length(fields)];
        int offset = 0;
        foreach (DataType field in fields)
        {
            int length = DataTypes.Length(field);
            random.NextBytes(key.AsSpan(offset, field == DataType.InterfaceName ? 6 : length));
            offset += DataTypes.Padded(length);
        }

        return key;
    }

    /// <summary>The kernel refuses ranges that overlap, in concatenations as well: keep those whose first field is apart from all others'.</summary>
    private static Element[] WithoutOverlaps(Set set, Element[] elements)
    {
        int length = DataTypes.Length(set.Key[0]);
        HashSet<string> taken = [];
        return [.. elements.Where(element =>
        {
            byte[] first = element.Key.Span[..length].ToArray();
            first[^1] &= 0xf0;
            return taken.Add(Convert.ToHexString(first));
        })];
    }
}
