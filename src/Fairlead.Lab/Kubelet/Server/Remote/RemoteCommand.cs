using System.Diagnostics;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Fairlead.Lab.Kubelet.Containers;
using Fairlead.Lab.Native;

namespace Fairlead.Lab.Kubelet.Server.Remote;

/// <summary>Runs a command in a container, or joins the one that it runs, with the client at its streams.</summary>
internal sealed class RemoteCommand(NodePaths paths, OciRuntime runtime)
{
    private const byte MonitorError = 3; // conmon: 2 is stdout, 3 is stderr.
    private const int LargestPacket = 8192 + 1;
    private static readonly TimeSpan LongestWaitForSize = TimeSpan.FromMilliseconds(250);

    /// <summary>Runs one more process in a container and tells the client how it ended.</summary>
    public async Task ExecAsync(string containerId, ContainerPaths files, IReadOnlyList<string> command, RemoteOptions options, IRemoteStreams streams)
    {
        byte[] status;
        try
        {
            var exitCode = options.Terminal
                ? await ExecInTerminalAsync(containerId, files, command, streams).ConfigureAwait(false)
                : await ExecAsync(containerId, files, command, streams).ConfigureAwait(false);
            status = exitCode == 0 ? RemoteStatus.Success : RemoteStatus.ExitCode(exitCode);
        }
        catch (Exception failure) when (failure is IOException or InvalidOperationException)
        {
            status = RemoteStatus.Error(failure.Message);
        }

        await FinishAsync(streams, status).ConfigureAwait(false);
    }

    /// <summary>Joins a container's own process until the client leaves or it ends.</summary>
    public async Task AttachAsync(ContainerRecord container, ContainerPaths files, RemoteOptions options, IRemoteStreams streams)
    {
        try
        {
            using Socket socket = new(AddressFamily.Unix, SocketType.Seqpacket, ProtocolType.Unspecified);
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(Path.Combine(paths.Sockets, OciRuntime.SocketName(container.Id), "attach"))).ConfigureAwait(false);
            var resizing = options.Terminal ? Task.Run(() => ResizeAsync(files, streams)) : Task.CompletedTask;
            var typing = streams.Input is { } input ? Task.Run(() => TypeAsync(input, socket, streams.Gone)) : Task.CompletedTask;
            var packet = new byte[LargestPacket];
            int count;
            while ((count = await socket.ReceiveAsync(packet, streams.Gone).ConfigureAwait(false)) > 0)
            {
                var target = packet[0] == MonitorError && !options.Terminal ? streams.Error : streams.Output;
                if (target is not null && count > 1)
                {
                    await target.WriteAsync(packet.AsMemory(1, count - 1)).ConfigureAwait(false);
                }
            }

            await FinishAsync(streams, RemoteStatus.Success).ConfigureAwait(false);
            _ = (resizing, typing);
        }
        catch (OperationCanceledException) when (streams.Gone.IsCancellationRequested)
        {
            // The client has left; the process goes on.
        }
        catch (Exception failure) when (failure is IOException or SocketException)
        {
            await FinishAsync(streams, RemoteStatus.Error(failure.Message)).ConfigureAwait(false);
        }
    }

    private static async Task FinishAsync(IRemoteStreams streams, byte[] status)
    {
        try
        {
            await streams.FinishAsync(status).ConfigureAwait(false);
        }
        catch (Exception gone) when (gone is IOException or ObjectDisposedException)
        {
            // Nobody is there to be told.
        }
    }

    private async Task<int> ExecAsync(string containerId, ContainerPaths files, IReadOnlyList<string> command, IRemoteStreams streams)
    {
        using var description = await ExecDescription.WriteAsync(files, command, terminal: false, streams.Gone).ConfigureAwait(false);
        ProcessStartInfo start = new(OciRuntime.Executable, runtime.ExecArguments(containerId, description))
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(start) ?? throw new IOException("crun did not start");
        using var leaving = streams.Gone.Register(() => Kill(process));
        var output = CopyAsync(process.StandardOutput.BaseStream, streams.Output);
        var error = CopyAsync(process.StandardError.BaseStream, streams.Error);
        if (streams.Input is { } input)
        {
            _ = Task.Run(async () =>
            {
                await CopyAsync(input, process.StandardInput.BaseStream).ConfigureAwait(false);
                process.StandardInput.Close();
            });
        }
        else
        {
            process.StandardInput.Close();
        }

        await process.WaitForExitAsync().ConfigureAwait(false);
        await Task.WhenAll(output, error).ConfigureAwait(false);
        return await TellFailureAsync(description, process.ExitCode, streams.Error).ConfigureAwait(false);
    }

    private async Task<int> ExecInTerminalAsync(string containerId, ContainerPaths files, IReadOnlyList<string> command, IRemoteStreams streams)
    {
        using ConsoleSocket console = new(Path.Combine(paths.Sockets, Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(4))));
        using var description = await ExecDescription.WriteAsync(files, command, terminal: true, streams.Gone).ConfigureAwait(false);
        await WaitForSizeAsync(streams).ConfigureAwait(false);
        ProcessStartInfo start = new(OciRuntime.Executable, runtime.ExecArguments(containerId, description, console.Path)) { RedirectStandardError = true };
        using var process = Process.Start(start) ?? throw new IOException("crun did not start");
        using var leaving = streams.Gone.Register(() => Kill(process));
        var error = process.StandardError.ReadToEndAsync();
        using CancellationTokenSource failed = new();
        var ended = process.WaitForExitAsync(CancellationToken.None);
        var connected = console.ReceiveAsync(failed.Token);
        if (await Task.WhenAny(connected, ended).ConfigureAwait(false) == ended && !connected.IsCompleted)
        {
            await failed.CancelAsync().ConfigureAwait(false);
            return description.Failure(process.ExitCode) is not null
                ? await TellFailureAsync(description, process.ExitCode, streams.Output).ConfigureAwait(false)
                : throw new IOException((await error.ConfigureAwait(false)).Trim());
        }

        using Terminal terminal = new(await connected.ConfigureAwait(false));
        var output = terminal.CopyOutputToAsync(streams.Output ?? Stream.Null);
        _ = Task.Run(async () =>
        {
            await foreach (var size in streams.Sizes.ReadAllAsync().ConfigureAwait(false))
            {
                terminal.Resize(size);
            }
        });
        if (streams.Input is { } input)
        {
            _ = Task.Run(async () =>
            {
                var buffer = new byte[4096];
                int count;
                while ((count = await input.ReadAsync(buffer).ConfigureAwait(false)) > 0)
                {
                    terminal.Write(buffer.AsSpan(0, count));
                }
            });
        }

        await ended.ConfigureAwait(false);
        // Something in the background may keep the terminal open; the command itself is over.
        _ = await Task.WhenAny(output, Task.Delay(TimeSpan.FromMilliseconds(500))).ConfigureAwait(false);
        return await TellFailureAsync(description, process.ExitCode, streams.Output).ConfigureAwait(false);
    }

    /// <summary>Tells the client why its command could not be started, if it could not, and returns the exit code that is to be reported.</summary>
    private static async Task<int> TellFailureAsync(ExecDescription description, int exitCode, Stream? told)
    {
        if (description.Failure(exitCode) is not { } failure)
        {
            return exitCode;
        }

        using MemoryStream message = new(Encoding.UTF8.GetBytes(failure.Message + "\r\n"));
        await CopyAsync(message, told).ConfigureAwait(false);
        return failure.ExitCode;
    }

    /// <summary>Clients tell the size of their terminal first of all; a command that asks for it at once should not be told 0.</summary>
    private static async Task WaitForSizeAsync(IRemoteStreams streams)
    {
        using CancellationTokenSource late = CancellationTokenSource.CreateLinkedTokenSource(streams.Gone);
        late.CancelAfter(LongestWaitForSize);
        try
        {
            _ = await streams.Sizes.WaitToReadAsync(late.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // A client without a terminal of its own.
        }
    }

    private static async Task CopyAsync(Stream from, Stream? to)
    {
        try
        {
            await from.CopyToAsync(to ?? Stream.Null, 16 * 1024).ConfigureAwait(false);
            if (to is not null)
            {
                await to.FlushAsync().ConfigureAwait(false);
            }
        }
        catch (Exception gone) when (gone is IOException or ObjectDisposedException)
        {
            // One end closed: a command that does not read its input, a client that has left.
        }
    }

    private static async Task TypeAsync(Stream input, Socket socket, CancellationToken cancellationToken)
    {
        var buffer = new byte[4096];
        int count;
        try
        {
            while ((count = await input.ReadAsync(buffer, cancellationToken).ConfigureAwait(false)) > 0)
            {
                _ = await socket.SendAsync(buffer.AsMemory(0, count), cancellationToken).ConfigureAwait(false);
            }

            socket.Shutdown(SocketShutdown.Send);
        }
        catch (Exception gone) when (gone is IOException or SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // The container ended or the client left.
        }
    }

    /// <summary>conmon takes sizes as lines in a named pipe: <c>1 ROWS COLUMNS</c>.</summary>
    private static async Task ResizeAsync(ContainerPaths files, IRemoteStreams streams)
    {
        await foreach (var size in streams.Sizes.ReadAllAsync().ConfigureAwait(false))
        {
            await File.WriteAllTextAsync(Path.Combine(files.Bundle, "ctl"), $"1 {size.Rows} {size.Columns}\n").ConfigureAwait(false);
        }
    }

    private static void Kill(Process process)
    {
        try
        {
            process.Kill();
        }
        catch (InvalidOperationException)
        {
            // It has ended already.
        }
    }
}
