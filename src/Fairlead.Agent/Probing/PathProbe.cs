using System.Globalization;
using System.Net;

namespace Fairlead.Agent.Probing;

/// <summary>What a probe of the way to another node found.</summary>
internal abstract record PathFinding
{
    private PathFinding()
    {
    }

    /// <summary>Packets of full length arrive, and come back.</summary>
    public sealed record Clear : PathFinding
    {
        public override string ToString() => "is clear";
    }

    /// <summary>Nothing arrives, or nothing comes back.</summary>
    public sealed record Silent : PathFinding
    {
        public override string ToString() => "gives no answer, not even to short packets";
    }

    /// <summary>Short packets arrive, long ones don't.</summary>
    /// <param name="Length">The length that was asked for.</param>
    /// <param name="Most">The longest that arrived, or that the hop says it takes; 0: unknown.</param>
    /// <param name="Hop">Who said so, or the last one that was reached; null: nobody on the way answers.</param>
    /// <param name="Told">Whether the hop said so, or was the last one heard of.</param>
    public sealed record Narrow(int Length, int Most, IPAddress? Hop, bool Told) : PathFinding
    {
        public override string ToString()
        {
            string most = Most > 0 ? string.Create(CultureInfo.InvariantCulture, $", {Most} do") : "";
            string hop = Hop is null ? "nobody on the way says where they are lost"
                : Hop.Equals(IPAddress.Any) || Hop.Equals(IPAddress.IPv6Any) ? "this node's own link doesn't take them"
                : Told ? $"{Hop} says that it doesn't take them"
                : $"they are lost behind {Hop}";
            return string.Create(CultureInfo.InvariantCulture, $"doesn't carry packets of {Length} bytes{most}: {hop}");
        }
    }
}

/// <summary>Finds out whether packets of full length reach another node; and if not, how long they may be, and where they end.</summary>
internal static class PathProbe
{
    private const int Short = 100;
    private const int Tries = 3;
    private const int MostHops = 16;
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(400);

    /// <summary>Probes.</summary>
    /// <param name="socket">Of the target's family.</param>
    /// <param name="target">An address of the other node, on the way that its pods' packets take.</param>
    /// <param name="length">How long pods' packets are.</param>
    /// <param name="isWorthSearching">Whether it is to be found out how long packets may be and where longer ones end, which takes many questions.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static PathFinding Run(EchoSocket socket, IPAddress target, int length, Func<PathFinding, bool> isWorthSearching, CancellationToken cancellationToken)
    {
        switch (Ask(socket, target, length, cancellationToken))
        {
            case { Message.Kind: IcmpKind.Reply }:
                return new PathFinding.Clear();
            case { Message: { Kind: IcmpKind.TooBig } message, From: var hop }:
                PathFinding.Narrow told = new(length, message.Mtu, hop, Told: true);
                return message.Mtu > 0 || !isWorthSearching(told) ? told : told with { Most = Longest(socket, target, length, cancellationToken) };
        }

        if (Ask(socket, target, Short, cancellationToken) is not { Message.Kind: IcmpKind.Reply })
        {
            return new PathFinding.Silent();
        }

        PathFinding.Narrow narrow = new(length, 0, null, Told: false);
        if (!isWorthSearching(narrow))
        {
            return narrow;
        }

        narrow = narrow with { Most = Longest(socket, target, length, cancellationToken), Hop = LastHop(socket, target, length, cancellationToken) };

        // The search took a while: what was in the way before it may be over.
        return Ask(socket, target, length, cancellationToken) is { Message.Kind: IcmpKind.Reply } ? new PathFinding.Clear() : narrow;
    }

    /// <summary>Asks again and again. An answer to one of the earlier questions is an answer too, if it comes late.</summary>
    private static (IcmpMessage Message, IPAddress From)? Ask(EchoSocket socket, IPAddress target, int length, CancellationToken cancellationToken)
    {
        socket.Begin();
        for (int i = 0; i < Tries; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (socket.Ask(target, length, Patience) is { } answer)
            {
                return answer;
            }
        }

        return null;
    }

    /// <summary>The longest packet that arrives, by halving.</summary>
    private static int Longest(EchoSocket socket, IPAddress target, int length, CancellationToken cancellationToken)
    {
        int arrives = Short, lost = length;
        while (lost - arrives > 1)
        {
            int middle = (arrives + lost) / 2;
            if (Ask(socket, target, middle, cancellationToken) is { Message.Kind: IcmpKind.Reply })
            {
                arrives = middle;
            }
            else
            {
                lost = middle;
            }
        }

        return arrives;
    }

    /// <summary>The last router that packets of this length come to, by letting their hops run out at each.</summary>
    private static IPAddress? LastHop(EchoSocket socket, IPAddress target, int length, CancellationToken cancellationToken)
    {
        IPAddress? last = null;
        for (short hops = 1; hops <= MostHops; hops++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            socket.Begin();
            if (socket.Ask(target, length, Patience, hops) is not { Message.Kind: IcmpKind.Expired, From: var hop })
            {
                break;
            }

            last = hop;
        }

        return last;
    }
}
