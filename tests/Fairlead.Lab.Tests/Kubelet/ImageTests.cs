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

    [Theory] // what is done to a good archive in A, whose parts lie in "archive"                      what is said
    [InlineData("echo nonsense > $A",                                                                   "is no tar archive")]
    [InlineData("head -c 3000 $A > part; mv part $A",                                                   "is torn")]
    [InlineData("head -c 1500000 $A > part; mv part $A",                                                "is torn")]
    [InlineData("gzip $A; head -c 2000 $A.gz > $A",                                                     "is torn")]
    [InlineData("rm $A",                                                                                "there is no file")]
    [InlineData("rm $A; mkdir $A",                                                                      "is a directory")]
    [InlineData("tar cf $A archive/config.json",                                                        "neither manifest.json")]
    [InlineData("tar cf $A -C archive manifest.json one.tar two.tar",                                   "config.json is not in the archive")]
    [InlineData("tar cf $A -C archive manifest.json config.json one.tar",                               "the layer two.tar is not in the archive")]
    [InlineData("cd archive; cp one.tar two.tar; tar cf $A manifest.json config.json one.tar two.tar",  "the archive is damaged")]
    [InlineData("cd archive; echo '[{}]' > manifest.json; tar cf $A manifest.json",                     "no Config")]
    [InlineData("cd archive; echo '{' > manifest.json; tar cf $A manifest.json",                        "is not as it should be")]
    [InlineData("cd archive; sed -i 's/\"tiny:1\"//' manifest.json; tar cf $A manifest.json config.json one.tar two.tar", "--tag")]
    [InlineData("tar cf $A -P --transform 's,^,../,' archive/config.json",                              "leads out of the archive")]
    public void An_archive_that_is_not_as_it_should_be_is_refused_and_leaves_nothing(string damage, string said)
    {
        var directory = Directory.CreateTempSubdirectory("fairlead-image-test-").FullName;
        try
        {
            var archive = MakeArchive(directory);
            TestNode.Run("sh", "-c", $"cd {directory}; A={archive}; {damage}");

            var refused = Record.Exception(() => ImageArchive.Load(archive, $"{directory}/images"));

            Assert.True(refused is InvalidDataException or FileNotFoundException, $"{refused}");
            Assert.Contains(said, refused.Message, StringComparison.Ordinal);
            Assert.Contains(archive, refused.Message, StringComparison.Ordinal);
            Assert.Empty(new ImageStore($"{directory}/images").List());
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    [Theory] // name                              policy          loaded   refused as
    [InlineData("nginx",                          "Always",       false,   null)]
    [InlineData("ghcr.io/some/app@sha256:00",     "IfNotPresent", false,   null)]
    [InlineData("localhost:5000/app:1",           "IfNotPresent", false,   null)]
    [InlineData("app:1",                          "Never",        true,    null)]
    [InlineData("app:1",                          "Never",        false,   "ErrImageNeverPull")]
    [InlineData("nginx:nonexistent",              "IfNotPresent", false,   "ErrImagePull")]
    [InlineData("nginx:does-not-exist",           "IfNotPresent", true,    null)]
    [InlineData("nosuchimage",                    "Always",       false,   "ErrImagePull")]
    [InlineData("nginx:1.161",                    "IfNotPresent", false,   "ErrImagePull")]
    [InlineData("registry.invalid:5000/app",      "IfNotPresent", false,   "ErrImagePull")]
    [InlineData("Nginx",                          "Always",       false,   "InvalidImageName")]
    [InlineData("a b",                            "Always",       false,   "InvalidImageName")]
    [InlineData("",                               "Always",       false,   "InvalidImageName")]
    public void An_image_name_means(string name, string policy, bool loaded, string? refusal) =>
        Assert.Equal(refusal, ImageAvailability.Judge(name, policy, loaded)?.Reason);

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
            tar cf one.tar -C one .; tar cf two.plain -C two .; gzip -c two.plain > two.tar
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
            ["rootfs"] = new JsonObject { ["type"] = "layers", ["diff_ids"] = new JsonArray(Digest(work, "one.tar"), Digest(work, "two.plain")) },
        };
        File.WriteAllText(Path.Combine(work, "config.json"), configuration.ToJsonString());
        JsonArray manifest = [new JsonObject { ["Config"] = "config.json", ["RepoTags"] = new JsonArray("tiny:1"), ["Layers"] = new JsonArray("one.tar", "two.tar") }];
        File.WriteAllText(Path.Combine(work, "manifest.json"), JsonSerializer.Serialize(manifest));
        TestNode.Run("tar", "cf", $"{directory}/tiny.tar", "-C", work, "manifest.json", "config.json", "one.tar", "two.tar");
        return $"{directory}/tiny.tar";
    }

    private static string Digest(string directory, string file) => "sha256:" + Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(Path.Combine(directory, file))));
}
