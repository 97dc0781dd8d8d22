using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Fairlead.Agent.Tests.Flows;

namespace Fairlead.Agent.Tests.Routes;

/// <summary>Sends a datagram every ten milliseconds and measures the longest time without an answer.</summary>
internal sealed class Loss : IDisposable
{
    private readonly Socket socket;
    private readonly CancellationTokenSource stop = new();
    private readonly Thread sender;
    private readonly Thread receiver;
    private long last = Stopwatch.GetTimestamp();
    private long longest;

    public Loss(FlowLab lab, string from, string to)
    {
        socket = lab.Connect(from, new IPEndPoint(IPAddress.Parse(to), 8080).ToString(), "udp", milliseconds: 100);
        sender = new Thread(Send) { IsBackground = true };
        receiver = new Thread(Receive) { IsBackground = true };
        sender.Start();
        receiver.Start();
    }

    /// <summary>The longest time without an answer so far, the present one included.</summary>
    public TimeSpan Longest => Stopwatch.GetElapsedTime(0, Math.Max(Volatile.Read(ref longest), Stopwatch.GetTimestamp() - Volatile.Read(ref last)));

    private void Send()
    {
        while (!stop.Token.WaitHandle.WaitOne(10))
        {
            try
            {
                socket.Send("hello"u8);
            }
            catch (SocketException)
            {
                // No way there, at the moment.
            }
        }
    }

    private void Receive()
    {
        byte[] buffer = new byte[200];
        while (!stop.IsCancellationRequested)
        {
            try
            {
                socket.Receive(buffer);
                long now = Stopwatch.GetTimestamp();
                longest = Math.Max(longest, now - last);
                Volatile.Write(ref last, now);
            }
            catch (SocketException)
            {
                // None came within 100 ms.
            }
        }
    }

    public void Dispose()
    {
        stop.Cancel();
        sender.Join();
        receiver.Join();
        socket.Dispose();
        stop.Dispose();
    }
}
