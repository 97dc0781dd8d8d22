using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using Fairlead.Lab.Kubelet.Images;

namespace Fairlead.Lab.Tests.Kubelet;

[Trait("Category", "Root")]
public sealed class ImageTests
{
    [Fact]
    public async Task A_pod_runs_from_an_archive_with_its_entrypoint_environment_user_and_directory()
    {
        await using var node = await TestNode.StartAsync();
        var images = Path.Combine(Path.GetDirectoryName(node.State)!, "images");
        var loaded = Assert.Single(ImageArchive.Load(MakeArchive(Path.GetDirectoryName(node.State)!), images));
        Assert.Equal(["docker.io/library/tiny:1"], loaded.References);
        node.CreatePod("a", """{"restartPolicy":"Never","containers":[{"name":"main","image":"tiny:1"}]}""");
        await node.UntilAsync(() => (string?)node.Pod("a")!["status"]!["phase"] is "Succeeded" or "Failed", "it has ended");
        var log = Directory.GetFiles(Path.Combine(node.State, "pods"), "0.log", SearchOption.AllDirectories).Select(File.ReadAllLines).Single().Select(static line => line.Split(' ', 4)[3]);
        // The second layer took the file "gone" away, and hid what was in the directory "hidden" before.
        Assert.Equal(["hello from 1234 in /work", "new"], log);
    }

    [Fact]
    public void A_layer_writes_nothing_outside_of_its_directory()
    {
        var directory = Directory.CreateTempSubdirectory().FullName;
        try
        {
            Directory.CreateDirectory($"{directory}/source/a");
            TestNode.Run("sh", "-c", $"cd {directory}/source && ln -s /nowhere-{Path.GetFileName(directory)} link && tar cf ../layer.tar link && rm link && mkdir link && echo x > link/file && tar rf ../layer.tar link/file && tar rf ../layer.tar --transform 's,^,../../,' -P link/file");
            using var stream = File.OpenRead($"{directory}/layer.tar");
            Directory.CreateDirectory($"{directory}/target");
            LayerExtractor.Extract(stream, $"{directory}/target");
            Assert.True(File.Exists($"{directory}/target/nowhere-{Path.GetFileName(directory)}/file"));
            Assert.Equal(["layer.tar", "source", "target"], Directory.GetFileSystemEntries(directory).Select(Path.GetFileName).Order());
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    [Fact]
    public void What_is_no_archive_is_refused()
    {
        var directory = Directory.CreateTempSubdirectory().FullName;
        File.WriteAllText($"{directory}/a.tar", "nonsense");
        Assert.Throws<InvalidDataException>(() => ImageArchive.Load($"{directory}/a.tar", $"{directory}/images"));
        Directory.Delete(directory, recursive: true);
    }

    /// <summary>As docker save writes it: two layers, the first with a shell and what it is linked to, the second with whiteouts.</summary>
    private static string MakeArchive(string directory)
    {
        var work = Path.Combine(directory, "archive");
        Directory.CreateDirectory(work);
        TestNode.Run("sh", "-c", $"""
            set -e; cd {work}; mkdir -p one/bin one/work one/hidden two/hidden
            cp /bin/dash one/bin/sh; cp /bin/ls one/bin/ls
            for lib in $(ldd /bin/dash /bin/ls | grep -o '/[^ ]*' | grep -v ':$' | sort -u); do mkdir -p one$(dirname $lib); cp -L $lib one$lib; done
            echo x > one/gone; echo x > one/hidden/old; echo x > two/hidden/new; touch two/.wh.gone two/hidden/.wh..wh..opq
            tar cf one.tar -C one .; tar czf two.tar -C two .
            """);
        JsonObject configuration = new()
        {
            ["architecture"] = "amd64",
            ["os"] = "linux",
            ["config"] = new JsonObject
            {
                ["Entrypoint"] = new JsonArray("/bin/sh", "-c"),
                ["Cmd"] = new JsonArray("echo $GREETING from $(while read a b c; do [ $a = Uid: ] && echo $b; done </proc/self/status) in $PWD; [ -e /gone ] || ls /hidden"),
                ["Env"] = new JsonArray("GREETING=hello", "PATH=/bin"),
                ["User"] = "1234",
                ["WorkingDir"] = "/work",
            },
            ["rootfs"] = new JsonObject { ["type"] = "layers", ["diff_ids"] = new JsonArray(Digest(work, "one.tar"), Digest(work, "two.tar")) },
        };
        File.WriteAllText(Path.Combine(work, "config.json"), configuration.ToJsonString());
        JsonArray manifest = [new JsonObject { ["Config"] = "config.json", ["RepoTags"] = new JsonArray("tiny:1"), ["Layers"] = new JsonArray("one.tar", "two.tar") }];
        File.WriteAllText(Path.Combine(work, "manifest.json"), JsonSerializer.Serialize(manifest));
        TestNode.Run("tar", "cf", $"{directory}/tiny.tar", "-C", work, "manifest.json", "config.json", "one.tar", "two.tar");
        return $"{directory}/tiny.tar";
    }

    private static string Digest(string directory, string file) => "sha256:" + Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(Path.Combine(directory, file))));
}
