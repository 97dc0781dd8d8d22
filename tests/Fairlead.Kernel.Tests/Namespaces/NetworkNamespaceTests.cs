using System.Diagnostics;
using Fairlead.TestSupport;

namespace Fairlead.Kernel.Tests.Namespaces;

[Trait("Category", "Root")]
public sealed class NetworkNamespaceTests
{
    [Fact]
    public void A_named_namespace_is_one_that_ip_netns_finds_enters_and_deletes()
    {
        RequireRoot.OrFail();
        string name = $"fltest-{Environment.ProcessId}-a";
        using (NetworkNamespace made = NetworkNamespace.CreateNamed(name))
        {
            Assert.Contains(name, NetworkNamespace.ListNamed());
            Assert.Contains(name, Witness.Run(null, "ip netns list"), StringComparison.Ordinal);
            Assert.Equal($"net:[{made.Inode}]", Witness.Run(null, $"ip netns exec {name} readlink /proc/self/ns/net").Trim());
            Assert.Equal(Errno.Exists, Assert.Throws<KernelException>(() => NetworkNamespace.CreateNamed(name)).Error);
        }

        Witness.Run(null, $"ip netns delete {name}");
        Assert.False(NetworkNamespace.DeleteNamed(name));
    }

    [Fact]
    public void Deleting_a_name_twice_or_after_a_crash_between_file_and_mount_leaves_nothing()
    {
        RequireRoot.OrFail();
        string name = $"fltest-{Environment.ProcessId}-b";
        NetworkNamespace.CreateNamed(name).Dispose();
        Assert.True(NetworkNamespace.DeleteNamed(name));
        Assert.False(NetworkNamespace.DeleteNamed(name));
        File.WriteAllBytes($"{NetworkNamespace.NamedDirectory}/{name}", []);
        Assert.Throws<KernelException>(() => NetworkNamespace.OpenNamed(name));
        Assert.True(NetworkNamespace.DeleteNamed(name));
        Assert.DoesNotContain(name, NetworkNamespace.ListNamed());
    }

    [Fact]
    public void Work_inside_runs_on_another_thread_and_the_caller_stays_outside()
    {
        using Scratch scratch = new();
        NetworkNamespace inside = scratch.Namespace();
        using NetworkNamespace outside = NetworkNamespace.Current();
        (ulong inode, int thread) = inside.Run(() =>
        {
            using NetworkNamespace current = NetworkNamespace.Current();
            return (current.Inode, Environment.CurrentManagedThreadId);
        });
        Assert.Equal(inside.Inode, inode);
        Assert.NotEqual(Environment.CurrentManagedThreadId, thread);
        using NetworkNamespace afterwards = NetworkNamespace.Current();
        Assert.Equal(outside.Inode, afterwards.Inode);
        Assert.NotEqual(outside.Inode, inside.Inode);
    }

    [Theory] //  the work
    [InlineData("ends")]
    [InlineData("throws")]
    public void A_visit_is_made_by_the_calling_thread_which_comes_back(string how)
    {
        using Scratch scratch = new();
        NetworkNamespace inside = scratch.Namespace();
        using NetworkNamespace outside = NetworkNamespace.Current();
        (ulong Inode, int Thread) seen = default;
        bool Look()
        {
            using NetworkNamespace current = NetworkNamespace.Current();
            seen = (current.Inode, Environment.CurrentManagedThreadId);
            return how == "throws" ? throw new TimeZoneNotFoundException() : true;
        }

        Exception? thrown = Record.Exception(() => inside.Visit(Look));
        Assert.Equal(how == "throws", thrown is TimeZoneNotFoundException);
        Assert.Equal((inside.Inode, Environment.CurrentManagedThreadId), seen);
        using NetworkNamespace afterwards = NetworkNamespace.Current();
        Assert.Equal(outside.Inode, afterwards.Inode);
    }

    [Fact]
    public void What_the_work_throws_is_thrown_to_the_caller()
    {
        using Scratch scratch = new();
        Assert.Throws<NotSupportedException>(() => scratch.Namespace().Run(() => throw new NotSupportedException()));
    }

    [Fact]
    public void A_process_starts_inside_and_no_thread_of_ours_stays_there()
    {
        using Scratch scratch = new();
        NetworkNamespace inside = scratch.Namespace();
        using Process process = inside.StartProcess(new ProcessStartInfo("sleep", ["30"]));
        try
        {
            using NetworkNamespace ofProcess = NetworkNamespace.OfProcess(process.Id);
            Assert.Equal(inside.Inode, ofProcess.Inode);

            // A thread that was joined may still be on its way out.
            Assert.True(SpinWait.SpinUntil(() => !Directory.EnumerateDirectories("/proc/self/task").Select(NamespaceOf).Contains($"net:[{inside.Inode}]"), TimeSpan.FromSeconds(5)));
        }
        finally
        {
            process.Kill();
            process.WaitForExit();
        }
    }

    [Theory]
    [InlineData("/proc/self/ns/mnt", Errno.InvalidArgument)]
    [InlineData("/run/netns/there-is-none", Errno.NotFound)]
    public void What_is_no_network_namespace_is_not_opened(string path, Errno error) =>
        Assert.Equal(error, Assert.Throws<KernelException>(() => NetworkNamespace.Open(path)).Error);

    [Fact]
    public void A_mount_namespace_shows_its_own_files_and_nests_in_a_network_namespace()
    {
        using Scratch scratch = new();
        NetworkNamespace network = scratch.Namespace();
        string directory = Directory.CreateTempSubdirectory("fairlead-").FullName;
        try
        {
            string target = Directory.CreateDirectory($"{directory}/target").FullName;
            using MountNamespace mounts = MountNamespace.Create(() =>
            {
                Mounts.Mount("tmpfs", target, "tmpfs", MountOptions.NoSetUser | MountOptions.NoDevices);
                File.WriteAllText($"{target}/inside", "yes");
            });
            Assert.False(File.Exists($"{target}/inside"));
            (string text, ulong inode) = network.Run(() => mounts.Run(() =>
            {
                using NetworkNamespace current = NetworkNamespace.Current();
                return (File.ReadAllText($"{target}/inside"), current.Inode);
            }));
            Assert.Equal(("yes", network.Inode), (text, inode));
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    private static string NamespaceOf(string task)
    {
        try
        {
            return new FileInfo($"{task}/ns/net").LinkTarget ?? "";
        }
        catch (IOException)
        {
            return ""; // the thread ended meanwhile
        }
    }
}
