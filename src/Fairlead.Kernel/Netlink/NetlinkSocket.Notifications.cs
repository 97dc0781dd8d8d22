using Fairlead.Kernel.Interop;

namespace Fairlead.Kernel.Netlink;

/// <content>Multicast groups, and waiting for what comes unasked.</content>
public sealed partial class NetlinkSocket
{
    private Descriptor? _wake;

    /// <summary>Joins a multicast group (RTNLGRP_LINK, NFNLGRP_NFTABLES …): its notifications come to <see cref="Receive"/>.</summary>
    /// <exception cref="KernelException">There is no such group, or a capability is missing.</exception>
    public void Subscribe(int group) => SetOption(LibC.SolNetlink, LibC.NetlinkAddMembership, group);

    /// <summary>Leaves a multicast group.</summary>
    /// <exception cref="KernelException">There is no such group.</exception>
    public void Unsubscribe(int group) => SetOption(LibC.SolNetlink, LibC.NetlinkDropMembership, group);

    /// <summary>
    /// Waits until notifications come and gives them, valid until the next call; or says that the time is over, or that the kernel had to drop some
    /// (<see cref="NetlinkReceiveStatus.Overrun"/>): then only reading everything anew tells what is there.
    /// </summary>
    /// <param name="messages">What came, where the status is <see cref="NetlinkReceiveStatus.Received"/>.</param>
    /// <param name="timeout">How long to wait; <see cref="Timeout.InfiniteTimeSpan"/> for ever; zero to look only.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="OperationCanceledException">The token asked for it.</exception>
    /// <exception cref="KernelException">Receiving failed.</exception>
    public NetlinkReceiveStatus Receive(out NetlinkMessageReader messages, TimeSpan timeout, CancellationToken cancellationToken = default)
    {
        messages = default;
        if (timeout != TimeSpan.Zero && !WaitReadable(timeout, cancellationToken))
        {
            return NetlinkReceiveStatus.TimedOut;
        }

        try
        {
            if (!TryReceive(out ReadOnlySpan<byte> bytes))
            {
                return NetlinkReceiveStatus.TimedOut;
            }

            messages = new NetlinkMessageReader(bytes);
            return NetlinkReceiveStatus.Received;
        }
        catch (KernelException exception) when (exception.Error is Errno.NoBufferSpace or Errno.MessageTooLong)
        {
            return NetlinkReceiveStatus.Overrun;
        }
    }

    /// <summary>Polls the socket, and an eventfd that the token writes to.</summary>
    private unsafe bool WaitReadable(TimeSpan timeout, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        _wake ??= new Descriptor(LibC.EventFd(0, LibC.EventFdCloexec | LibC.EventFdNonBlock));
        ObjectDisposedException.ThrowIf(_disposed, this);
        using CancellationTokenRegistration registration = cancellationToken.UnsafeRegister(static state => ((NetlinkSocket)state!).Wake(), this);
        bool referenced = false;
        bool wakeReferenced = false;
        try
        {
            _descriptor.DangerousAddRef(ref referenced);
            _wake.DangerousAddRef(ref wakeReferenced);
            LibC.PollDescriptor* descriptors = stackalloc LibC.PollDescriptor[2];
            descriptors[0] = new LibC.PollDescriptor { Descriptor = _descriptor.Number, Events = LibC.PollIn };
            descriptors[1] = new LibC.PollDescriptor { Descriptor = _wake.Number, Events = LibC.PollIn };
            long started = Environment.TickCount64;
            while (true)
            {
                int milliseconds = timeout == Timeout.InfiniteTimeSpan
                    ? -1
                    : (int)Math.Clamp(Math.Ceiling(timeout.TotalMilliseconds) - (Environment.TickCount64 - started), 0, int.MaxValue);
                int ready = LibC.Poll(descriptors, 2, milliseconds);
                if (ready < 0 && LibC.LastError is not Errno.Interrupted and var error)
                {
                    throw new KernelException($"wait for notifications ({Protocol})", error);
                }

                if (ready > 0 && descriptors[1].ReturnedEvents != 0)
                {
                    ulong count;
                    _ = LibC.Read(_wake, &count, 8);
                    ObjectDisposedException.ThrowIf(_disposed, this);
                    cancellationToken.ThrowIfCancellationRequested();
                }

                if (ready > 0 && descriptors[0].ReturnedEvents != 0)
                {
                    return true;
                }

                if (ready == 0)
                {
                    return false;
                }
            }
        }
        finally
        {
            if (referenced)
            {
                _descriptor.DangerousRelease();
            }

            if (wakeReferenced)
            {
                _wake.DangerousRelease();
            }
        }
    }

    private unsafe void Wake()
    {
        ulong one = 1;
        try
        {
            _ = LibC.Write(_wake!, &one, 8);
        }
        catch (ObjectDisposedException)
        {
            // Closed meanwhile: nobody waits any more.
        }
    }
}

/// <summary>How a wait for notifications ended.</summary>
public enum NetlinkReceiveStatus
{
    /// <summary>Messages came.</summary>
    Received,

    /// <summary>The time was over.</summary>
    TimedOut,

    /// <summary>The receive buffer was full, and notifications were lost.</summary>
    Overrun,
}
