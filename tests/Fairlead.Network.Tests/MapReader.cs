using System.Runtime.InteropServices;
using Fairlead.Kernel.NfTables;
using Fairlead.Network.Layout;

namespace Fairlead.Network.Tests;

/// <summary>Reads elements the way the rules do: service map → treatment → slots. It knows nothing of plans.</summary>
internal sealed class MapReader(IEnumerable<MapElement> elements)
{
    private readonly Dictionary<(string Set, DataValue Key), MapElement> held = elements.ToDictionary(e => (e.Set, e.Key));

    public IReadOnlySet<string>? Outcomes(FrontendKey frontend, bool fromPod, Func<uint, bool, Treatment> treatmentOf)
    {
        List<Scalar> key = [];
        if (!frontend.IsNodePort)
        {
            key.Add(Scalar.Address(frontend.Address.ToIPAddress()));
        }

        key.Add(Scalar.Raw([(byte)frontend.Protocol]));
        key.Add(Scalar.Port(frontend.Port));
        string six = frontend.IsIPv6 ? "6" : "4";
        string prefix = frontend.IsNodePort ? "nodeport-" : "";
        if (!held.TryGetValue(((frontend.IsNodePort ? "nodeport" : "service") + six, DataValue.Concat([.. key])), out MapElement service))
        {
            return null;
        }

        DataValue code = Scalar.Raw(service.Data.Span);
        string chain = held[(prefix + "treatment" + six, code)].Verdict!.Value.Chain!;
        if (chain is "reject" or "drop")
        {
            return new HashSet<string> { chain == "reject" ? "rejected" : "dropped" };
        }

        Treatment treatment = treatmentOf(MemoryMarshal.Read<uint>(service.Data.Span), frontend.IsIPv6);
        bool local = treatment.Kind == TreatmentKind.BalanceLocally && !fromPod;
        int count = local ? treatment.LocalEndpoints : treatment.Endpoints;
        HashSet<string> outcomes = [];
        for (int slot = 0; slot < count; slot++)
        {
            Scalar number = Scalar.Number((uint)(slot + (local ? 0x10000 : 0)));
            ReadOnlySpan<byte> target = held[(prefix + "endpoint" + six, DataValue.Concat([.. key, number]))].Data.Span;
            int length = frontend.IsIPv6 ? 16 : 4;
            outcomes.Add(new EndpointAddress(NetAddress.Read(target[..length]), (ushort)((target[length] << 8) | target[length + 1])).ToString());
        }

        return outcomes.Count > 0 ? outcomes : new HashSet<string> { "dropped" };
    }
}
