using System.Buffers;
using Fairlead.Dns.Serving;
using Fairlead.Dns.Wire;

namespace Fairlead.Dns.Cluster;

/// <summary>Answers what is the cluster's from the latest snapshot, and gives the rest to the next handler.</summary>
public sealed class ClusterHandler : IQueryHandler
{
    private const int MaxAliases = 8;

    /// <summary>How long the end of a search path may take. What was asked for doesn't exist; whoever can't be told where the search ends is told that, while it still listens.</summary>
    private static readonly TimeSpan SearchPatience = TimeSpan.FromSeconds(0.5);

    [ThreadStatic]
    private static byte[]? scratch;

    [ThreadStatic]
    private static uint turn;

    private readonly ClusterZone _zone;
    private readonly IQueryHandler _next;
    private readonly SearchPath _searchPath;
    private readonly Fallthrough _fallthrough;

    /// <summary>Answers from <paramref name="zone"/>, and gives the rest to <paramref name="next"/>.</summary>
    /// <param name="zone">The cluster's zone.</param>
    /// <param name="next">Who answers what isn't the cluster's.</param>
    /// <param name="searchPath">Whether and how search paths are gone in one trip; null: they aren't.</param>
    /// <param name="fallthrough">Which names that don't exist are asked of <paramref name="next"/>.</param>
    public ClusterHandler(ClusterZone zone, IQueryHandler next, SearchPathOptions? searchPath = null, Fallthrough? fallthrough = null)
    {
        _fallthrough = fallthrough ?? Fallthrough.None;
        _zone = zone;
        _next = next;
        _searchPath = new(searchPath ?? new SearchPathOptions { IsEnabled = false });
    }

    /// <inheritdoc/>
    public bool TryAnswer(in Question question, Span<byte> response, out Answer answer)
    {
        ClusterSnapshot snapshot = _zone.Snapshot;
        if (question.Class != RecordClass.Internet)
        {
            answer = Responses.Write(question, ResponseCode.Refused, response);
            return true;
        }

        if (!snapshot.IsSynced)
        {
            // Nothing is known yet about any name, not even whether it is the cluster's to answer.
            answer = Responses.Write(question, ResponseCode.ServerFailure, response, AnswerOrigin.Cluster);
            return true;
        }

        ZoneAnswer found = snapshot.Find(question.Name, question.Type);
        switch (found.Kind)
        {
            case ZoneAnswerKind.NotOurs:
                return _next.TryAnswer(question, response, out answer);
            case ZoneAnswerKind.NoName:
                Span<byte> end = stackalloc byte[NameBytes.MaxLength];
                if (_searchPath.TryFind(question, snapshot, end, out int length))
                {
                    return TryAnswerAlias(question, end[..length], snapshot, response, AnswerOrigin.SearchPath, out answer);
                }

                if (_fallthrough.Applies(question.Name))
                {
                    return _next.TryAnswer(question, response, out answer);
                }

                goto default;
            case ZoneAnswerKind.Alias:
                return TryAnswerAlias(question, found.Alias.Wire, snapshot, response, AnswerOrigin.Cluster, out answer);
            default:
                answer = new(snapshot.Writer.Write(question, found, snapshot, unchecked(turn++), response), AnswerOrigin.Cluster);
                return true;
        }
    }

    /// <inheritdoc/>
    public ValueTask<Answer> ResolveAsync(DnsQuery query, Memory<byte> response, CancellationToken cancellationToken) =>
        ResolveAsync(query, MaxAliases, response, cancellationToken);

    /// <summary>Asked only after <see cref="TryAnswer"/> said no: the name is another's, or stands for another's.</summary>
    private ValueTask<Answer> ResolveAsync(DnsQuery query, int aliasesLeft, Memory<byte> response, CancellationToken cancellationToken)
    {
        ClusterSnapshot snapshot = _zone.Snapshot;
        Question question = query.AsQuestion();
        ZoneAnswer found = snapshot.Find(question.Name, question.Type);
        if (found.Kind == ZoneAnswerKind.NotOurs)
        {
            return _next.ResolveAsync(query, response, cancellationToken);
        }

        if (aliasesLeft > 0 && found.Kind == ZoneAnswerKind.Alias)
        {
            return ResolveAliasAsync(query, found.Alias, aliasesLeft - 1, snapshot, AnswerOrigin.Cluster, response, cancellationToken);
        }

        Span<byte> end = stackalloc byte[NameBytes.MaxLength];
        if (aliasesLeft > 0 && found.Kind == ZoneAnswerKind.NoName && _searchPath.TryFind(question, snapshot, end, out int length))
        {
            return ResolveSearchAsync(query, DnsName.FromWire(end[..length]), aliasesLeft - 1, snapshot, response, cancellationToken);
        }

        if (found.Kind == ZoneAnswerKind.NoName && _fallthrough.Applies(question.Name))
        {
            return _next.ResolveAsync(query, response, cancellationToken);
        }

        return ValueTask.FromResult(aliasesLeft > 0 && TryAnswer(question, response.Span, out Answer answer) ? answer
            : Responses.Write(query, ResponseCode.ServerFailure, response.Span, AnswerOrigin.Cluster));
    }

    private bool TryAnswerAlias(in Question question, ReadOnlySpan<byte> target, ClusterSnapshot snapshot, Span<byte> response, AnswerOrigin origin, out Answer answer)
    {
        // CNAME itself was asked for, or whatever the name has (RFC 1034 section 3.6.2), or the target is of our own: then it is all here.
        if (question.Type is RecordType.CName or RecordType.Any && origin == AnswerOrigin.Cluster)
        {
            answer = new(AliasAnswer.Write(question.Section, question.Name, target, snapshot.Options.Ttl, [], response), origin);
            return true;
        }

        byte[] inner = scratch ??= new byte[2 * IQueryHandler.ResponseBufferSize];
        Span<byte> section = stackalloc byte[NameBytes.MaxLength + 4];
        Question about = About(question, target, section);
        Span<byte> buffer = inner.AsSpan(0, IQueryHandler.ResponseBufferSize);
        int length;
        if (NameBytes.IsWithin(target, snapshot.Options.Zone.Wire))
        {
            length = WriteInner(about, snapshot, buffer, MaxAliases);
            if (length < 0)
            {
                answer = default;
                return false;
            }
        }
        else if (_next.TryAnswer(about, buffer, out Answer next))
        {
            length = next.Length;
        }
        else
        {
            answer = default;
            return false;
        }

        return TrySplice(question, target, inner.AsSpan(0, length), snapshot, response, origin, out answer);
    }

    /// <summary>The answer about a target in our own zone; an alias there is followed. Negative where it leads outside.</summary>
    private int WriteInner(in Question about, ClusterSnapshot snapshot, Span<byte> buffer, int left)
    {
        ZoneAnswer found = snapshot.Find(about.Name, about.Type);
        if (found.Kind != ZoneAnswerKind.Alias)
        {
            return snapshot.Writer.Write(about, found, snapshot, unchecked(turn++), buffer);
        }

        if (left == 0)
        {
            return Responses.Write(about, ResponseCode.ServerFailure, buffer).Length;
        }

        if (!found.Alias.IsWithin(snapshot.Options.Zone))
        {
            return -1;
        }

        Span<byte> section = stackalloc byte[NameBytes.MaxLength + 4];
        byte[] deeper = ArrayPool<byte>.Shared.Rent(IQueryHandler.ResponseBufferSize);
        try
        {
            int length = WriteInner(About(about, found.Alias.Wire, section), snapshot, deeper, left - 1);
            return length < 0 ? length : AliasAnswer.Write(about.Section, about.Name, found.Alias.Wire, snapshot.Options.Ttl, deeper.AsSpan(0, length), buffer);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(deeper);
        }
    }

    private static bool TrySplice(
        in Question question, ReadOnlySpan<byte> target, ReadOnlySpan<byte> inner, ClusterSnapshot snapshot, Span<byte> response, AnswerOrigin origin, out Answer answer)
    {
        DnsHeader.TryRead(inner, out DnsHeader header);
        if (origin == AnswerOrigin.SearchPath && header.Code != ResponseCode.NoError)
        {
            // Nobody has the name. Then what was asked for doesn't exist, and the client goes its own way.
            answer = new(snapshot.Writer.Write(question, ZoneAnswer.NoName, snapshot, 0, response), AnswerOrigin.Cluster);
            return true;
        }

        int length = AliasAnswer.Write(question.Section, question.Name, target, snapshot.Options.Ttl, inner, response);
        answer = length > 0 ? new(length, origin) : Responses.Write(question, ResponseCode.ServerFailure, response, origin);
        return true;
    }

    private async ValueTask<Answer> ResolveSearchAsync(
        DnsQuery query, DnsName end, int aliasesLeft, ClusterSnapshot snapshot, Memory<byte> response, CancellationToken cancellationToken)
    {
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(SearchPatience);
        try
        {
            return await ResolveAliasAsync(query, end, aliasesLeft, snapshot, AnswerOrigin.SearchPath, response, limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return new(snapshot.Writer.Write(query.AsQuestion(), ZoneAnswer.NoName, snapshot, 0, response.Span), AnswerOrigin.Cluster);
        }
    }

    private async ValueTask<Answer> ResolveAliasAsync(
        DnsQuery query, DnsName target, int aliasesLeft, ClusterSnapshot snapshot, AnswerOrigin origin, Memory<byte> response, CancellationToken cancellationToken)
    {
        ResponseBuffer inner = new();
        try
        {
            Answer answer = await ResolveAsync(
                query with { Name = target, Section = DnsQuery.For(target, query.Type).Section }, aliasesLeft, inner.Memory, cancellationToken).ConfigureAwait(false);
            TrySplice(query.AsQuestion(), target.Wire, inner.GetSpan()[..answer.Length], snapshot, response.Span, origin, out Answer spliced);
            return spliced;
        }
        finally
        {
            inner.Release();
        }
    }

    private static Question About(in Question question, ReadOnlySpan<byte> target, Span<byte> section)
    {
        target.CopyTo(section);
        question.Section[^4..].CopyTo(section[target.Length..]);
        return new()
        {
            Name = target,
            Section = section[..(target.Length + 4)],
            Type = question.Type,
            Class = question.Class,
            Flags = question.Flags,
            Edns = question.Edns,
            Client = question.Client,
            Transport = question.Transport,
        };
    }
}
