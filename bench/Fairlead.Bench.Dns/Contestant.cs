using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Fairlead.Bench.Dns;

/// <summary>A DNS server in a process of its own, on one core.</summary>
internal sealed class Contestant : IDisposable
{
    private readonly Process _process;

    private Contestant(string name, int port, Process process, TimeSpan firstAnswer)
    {
        (Name, Port, _process, FirstAnswer) = (name, port, process, firstAnswer);
    }

    public string Name { get; }

    public int Port { get; }

    /// <summary>From the start of the process to its first right answer.</summary>
    public TimeSpan FirstAnswer { get; }

    /// <summary>Starts the server and waits until it answers a question rightly.</summary>
    public static Contestant Start(string name, int port, string core, string question, string answer, string command, params string[] arguments)
    {
        ProcessStartInfo start = new("taskset", ["-c", core, command, .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true };
        long started = Stopwatch.GetTimestamp();
        Process process = Process.Start(start)!;
        process.OutputDataReceived += static (_, _) => { };
        process.ErrorDataReceived += static (_, _) => { };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        byte[] expected = IPAddress.Parse(answer).GetAddressBytes();
        while (Stopwatch.GetElapsedTime(started) < TimeSpan.FromSeconds(60))
        {
            if (process.HasExited)
            {
                throw new InvalidOperationException($"{name} ended with {process.ExitCode}: {command} {string.Join(' ', arguments)}");
            }

            if (Answers(port, question, expected))
            {
                return new(name, port, process, Stopwatch.GetElapsedTime(started));
            }

            // A server that says SERVFAIL meanwhile must not be kept from its work by being asked without a pause.
            Thread.Sleep(1);
        }

        process.Kill();
        throw new TimeoutException($"{name} did not answer within a minute");
    }

    /// <summary>The memory in use, in MB; what it shares with others counts in parts (Pss).</summary>
    public double Megabytes() => Shipped.ProportionalBytes(_process.Id) / (1024.0 * 1024);

    public void Dispose()
    {
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
    }

    private static bool Answers(int port, string question, byte[] expected)
    {
        using Socket socket = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp) { ReceiveTimeout = 20 };
        List<byte> query = [0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0];
        foreach (string label in question.Split('.'))
        {
            query.Add((byte)label.Length);
            query.AddRange(System.Text.Encoding.ASCII.GetBytes(label));
        }

        query.AddRange([0, 0, 1, 0, 1]);
        byte[] buffer = new byte[1500];
        try
        {
            socket.Connect(IPAddress.Loopback, port);
            socket.Send(query.ToArray());
            int length = socket.Receive(buffer);
            return buffer.AsSpan(0, length).IndexOf(expected) > 0;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
