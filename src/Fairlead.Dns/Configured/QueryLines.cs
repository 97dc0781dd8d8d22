using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Net;
using System.Threading.Channels;
using Fairlead.Dns.Corefile;
using Fairlead.Dns.Serving;
using Fairlead.Dns.Wire;

namespace Fairlead.Dns.Configured;

/// <summary>
/// Writes the lines that <c>log</c> asks for. The threads that answer only note what was asked; another one writes. Where it can't keep up, lines are left out and counted:
/// nobody waits for an answer because of a terminal.
/// </summary>
public sealed class QueryLines : IAsyncDisposable
{
    private const int MostWaiting = 16384;
    private const int MostAtATime = 256;

    private readonly Channel<(LogFormat Format, QueryLogEntry Entry)> lines;
    private readonly TextWriter output;
    private readonly Task writing;
    private long dropped;

    /// <summary>Lines into a text.</summary>
    /// <param name="output">The text; stays the caller's.</param>
    public QueryLines(TextWriter output)
    {
        this.output = output;
        lines = Channel.CreateBounded<(LogFormat, QueryLogEntry)>(
            new BoundedChannelOptions(MostWaiting) { SingleReader = true, FullMode = BoundedChannelFullMode.DropWrite }, _ => Interlocked.Increment(ref dropped));
        writing = WriteAsync();
    }

    /// <summary>Lines that were left out.</summary>
    public long Dropped => Interlocked.Read(ref dropped);

    /// <summary>Notes a query, if the first log that is about its name wants it.</summary>
    internal void Note(ImmutableArray<LogOptions> logs, in AnsweredQuery query)
    {
        foreach (LogOptions log in logs)
        {
            if (!Zones.Contain(log.Zones, query.Name))
            {
                continue;
            }

            QueryLogEntry entry = Entry(query);
            if ((log.Classes & entry.ResponseClass) != 0 || (log.MinimumDuration is { } minimum && entry.Duration > minimum))
            {
                lines.Writer.TryWrite((log.Format, entry));
            }

            return;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        lines.Writer.TryComplete();
        await writing.ConfigureAwait(false);
    }

    private async Task WriteAsync()
    {
        try
        {
            while (await lines.Reader.WaitToReadAsync().ConfigureAwait(false))
            {
                for (int i = 0; i < MostAtATime && lines.Reader.TryRead(out (LogFormat Format, QueryLogEntry Entry) line); i++)
                {
                    await output.WriteAsync($"[INFO] {line.Format.Write(line.Entry)}\n").ConfigureAwait(false);
                }

                await output.FlushAsync().ConfigureAwait(false);
            }
        }
        catch (IOException)
        {
            // Nobody reads what we say any more: that is no reason to answer less.
            lines.Writer.TryComplete();
        }
    }

    private static QueryLogEntry Entry(in AnsweredQuery query)
    {
        DnsHeader.TryRead(query.Response, out DnsHeader response);
        ReadOnlySpan<byte> question = query.Section;
        return new()
        {
            Remote = new IPEndPoint(query.Sender.Address.ToIPAddress(), query.Sender.Port),
            IsTcp = query.Transport == DnsTransport.Tcp,
            Name = DnsName.FromWire(query.Name).ToString(),
            Type = (RecordType)BinaryPrimitives.ReadUInt16BigEndian(question[^4..]),
            Class = (RecordClass)BinaryPrimitives.ReadUInt16BigEndian(question[^2..]),
            Id = query.Id,
            Opcode = ((int)query.Flags >> 11) & 0xf,
            Size = query.RequestLength,
            DnssecOk = query.Edns.DnssecOk,
            BufferSize = query.Edns.IsPresent ? query.Edns.UdpSize : Edns.ClassicUdpSize,
            Code = response.Code,
            ResponseFlags = response.Flags,
            ResponseSize = query.Response.Length,
            AnswerCount = response.Answers,
            Duration = query.Duration,
        };
    }
}
