namespace Fairlead.Lab.Tests.EndToEnd;

/// <summary>Images that podman made and saved, loaded into the lab with <c>fairlead lab load</c>.</summary>
[Trait("Category", "Root")]
[Collection(OneLab.Name)]
public sealed class ImageTests(LabFixture lab) : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("fairlead-images-").FullName;

    /// <summary>
    /// A base with a shell, and an image upon it that takes one file away, replaces a directory and brings its own user, directory, variables and command.
    /// </summary>
    private const string Build = """
        set -e
        mkdir -p base/bin base/work base/etc base/old
        for program in dash ls cat id sleep; do
          file=$(readlink -f $(command -v $program)); cp $file base/bin/$program
          for library in $(ldd $file | grep -o '/[^ ]*' | grep -v ':$'); do mkdir -p base$(dirname $library); cp -L $library base$library; done
        done
        ln -s dash base/bin/sh; echo x > base/gone; echo x > base/old/hidden
        echo 'app:x:1234:1235::/work:/bin/sh' > base/etc/passwd; printf 'app:x:1235:\nmore:x:1300:app\n' > base/etc/group
        tar cf base.tar -C base .
        podman="podman --root $PWD/store --runroot $PWD/run --storage-driver vfs"
        $podman import -q base.tar localhost/base:1
        printf 'FROM localhost/base:1\nENV GREETING=hello PATH=/bin\nWORKDIR /work\nUSER app\nENTRYPOINT ["/bin/sh", "-c"]\nCMD ["echo $GREETING; id; pwd; ls / /old; exec sleep 1000"]\n' > Dockerfile
        $podman build -q --isolation chroot -t localhost/app:1 .
        container=$($podman create localhost/app:1); root=$($podman mount $container)
        rm $root/gone; rm -r $root/old; mkdir $root/old; echo x > $root/old/new
        $podman commit -q -f docker --change 'CMD ["echo $GREETING; id; pwd; ls / /old; exec sleep 1000"]' $container localhost/app:2; $podman umount $container; $podman rm $container
        $podman save -q --format docker-archive -m -o docker.tar localhost/app:2 localhost/base:1
        $podman save -q --format oci-archive -o oci.tar localhost/app:2
        gzip -k docker.tar
        """;

    [Fact]
    public void Pods_run_from_what_podman_saved()
    {
        Commands.Require("bash", "-c", $"cd {_directory}\n{Build}");
        foreach ((string file, string[] images) in ((string, string[])[])[("docker.tar", ["localhost/app:2", "localhost/base:1"]), ("docker.tar.gz", ["localhost/app:2", "localhost/base:1"]), ("oci.tar", ["localhost/app:2"])])
        {
            string loaded = Commands.Require(Commands.Executable, "lab", "load", "--name", LabFixture.Name, Path.Combine(_directory, file));
            Assert.All(images, image => Assert.Contains($"Loaded {image}:", loaded, StringComparison.Ordinal));

            lab.Apply("""
                apiVersion: v1
                kind: Pod
                metadata: {name: from-archive}
                spec: {terminationGracePeriodSeconds: 0, containers: [{name: main, image: "localhost/app:2", imagePullPolicy: Never}]}
                ---
                apiVersion: v1
                kind: Pod
                metadata: {name: from-base}
                spec: {restartPolicy: Never, containers: [{name: main, image: "localhost/base:1", command: [/bin/cat, /gone]}]}
                """, "from-archive");

            LabFixture.Eventually(() => lab.Kubectl("logs", "from-archive").Contains("new", StringComparison.Ordinal), "it has said all");
            string[] said = lab.Kubectl("logs", "from-archive").TrimEnd().Split('\n');
            Assert.Equal(["hello", "uid=1234(app) gid=1235(app) groups=1235(app),1300(more)", "/work"], said[..3]);
            Assert.DoesNotContain("gone", said);
            Assert.DoesNotContain("usr", said);
            Assert.Equal(["/old:", "new"], said[^2..]);
            Assert.Equal("uid=1234(app) gid=1235(app) groups=1235(app),1300(more)", lab.Kubectl("exec", "from-archive", "--", "id").Trim());
            LabFixture.Eventually(() => lab.PodField("from-base", ".status.phase") == "Succeeded", "the base image has the file");
            lab.Kubectl("delete", "pod", "from-archive", "from-base");
        }
    }

    public void Dispose() => Commands.Require("rm", "-rf", _directory);
}
