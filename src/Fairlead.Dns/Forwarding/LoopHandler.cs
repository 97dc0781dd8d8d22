using System.Globalization;
using Fairlead.Dns.Serving;
using Fairlead.Dns.Wire;
using Microsoft.Extensions.Logging;

namespace Fairlead.Dns.Forwarding;

/// <summary>
/// Finds out whether upstreams ask us: a question for a name that nobody else knows is sent on, and if it comes back from outside, there is a loop. Then no more questions are
/// forwarded, as each would go round until it dies; the cluster's own names are answered as ever.
/// </summary>
/// <remarks>What CoreDNS's <c>loop</c> does by ending the process, which its runtime starts again, and again (kubernetes/kubeadm#1037).</remarks>
internal sealed class LoopHandler : IQueryHandler
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly ServerBlock server;
    private readonly IQueryHandler next;
    private readonly ILogger logger;
    private readonly DnsName probe;
    private string? problem;

    public LoopHandler(ServerBlock server, IQueryHandler next, ILogger logger)
    {
        (this.server, this.next, this.logger) = (server, next, logger);
        string name = string.Create(CultureInfo.InvariantCulture, $"{Random.Shared.NextInt64()}.{Random.Shared.NextInt64()}");
        probe = DnsName.Parse(name).Below(server.Zones[0]);
    }

    /// <summary>What was found; null: nothing.</summary>
    public string? Problem => Volatile.Read(ref problem);

    /// <inheritdoc/>
    public bool TryAnswer(in Question question, Span<byte> response, out Answer answer)
    {
        if (question.Type == RecordType.HInfo && question.Transport != DnsTransport.Internal && question.Name.SequenceEqual(probe.Wire))
        {
            Found(question.Client.ToString()!);
        }

        if (problem is not null)
        {
            answer = Responses.Write(question, ResponseCode.ServerFailure, response);
            return true;
        }

        return next.TryAnswer(question, response, out answer);
    }

    /// <inheritdoc/>
    public ValueTask<Answer> ResolveAsync(DnsQuery query, Memory<byte> response, CancellationToken cancellationToken) => next.ResolveAsync(query, response, cancellationToken);

    /// <summary>Sends the question round. It ends when it is answered, whoever answers.</summary>
    public async Task ProbeAsync(CancellationToken cancellationToken)
    {
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(Patience);
        byte[] response = new byte[IQueryHandler.ResponseBufferSize];
        try
        {
            await next.AnswerAsync(DnsQuery.For(probe, RecordType.HInfo), response, limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
        }
    }

    private void Found(string client)
    {
        string upstreams = string.Join(", ", server.Forwards.SelectMany(f => f.Upstreams));
        string found = $"{server.Source}: loop: a question sent to {upstreams} came back from {client}, so that upstream asks this server. Nothing is forwarded until that is mended: give "
            + "forward the servers that know the world, or a resolv.conf that names them (on nodes with systemd-resolved /run/systemd/resolve/resolv.conf, the one to give kubelet's resolvConf too)";
        if (Interlocked.CompareExchange(ref problem, found, null) is null)
        {
            ForwardLog.Loop(logger, found);
        }
    }
}
