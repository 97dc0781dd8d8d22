using Fairlead.TestSupport;

namespace Fairlead.Kernel.Tests.Namespaces;

[Trait("Category", "Root")]
public sealed class MountNamespaceTests
{
    [Fact]
    public void A_namespace_is_pinned_also_from_within_one_that_somebody_made()
    {
        RequireRoot.OrFail();
        string directory = Directory.CreateTempSubdirectory("fairlead-mounts-").FullName;
        try
        {
            // On whichever processor either of them is made.
            for (int i = 0; i < 16; i++)
            {
                string pin = Path.Combine(directory, $"{i}");
                using MountNamespace outer = MountNamespace.Create();
                outer.Run(() =>
                {
                    using MountNamespace inner = MountNamespace.CreatePinned(pin);
                    using MountNamespace again = MountNamespace.Open(pin);
                    Assert.NotEqual(Inode("/proc/thread-self/ns/mnt"), again.Run(static () => Inode("/proc/thread-self/ns/mnt")));
                    Mounts.UnmountAll(pin);
                });
            }
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }

        static string? Inode(string path) => new FileInfo(path).LinkTarget;
    }
}
