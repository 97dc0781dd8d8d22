using System.Diagnostics;

namespace Fairlead.ControlPlane.Tests.Server;

/// <summary>
/// Clients that others wrote, of several versions. Those that this machine or the registries lack are skipped by name
/// (eng/kubectl.sh and eng/clients.sh fetch them).
/// </summary>
public sealed class ClientTests(SharedServer shared) : IClassFixture<SharedServer>
{
    private static readonly string Root = FindRoot();

    public static TheoryData<string> Kubectls() => [.. new[]
    {
        Path.Combine(Root, "out/tools/kubectl-bookworm"), Path.Combine(Root, "out/tools/kubectl-trixie"), Path.Combine(Root, "out/tools/kubectl-sid"),
        "/usr/bin/kubectl", "/usr/lib/google-cloud-sdk/bin/kubectl.1.28", "/usr/lib/google-cloud-sdk/bin/kubectl.1.30", "/usr/lib/google-cloud-sdk/bin/kubectl.1.31",
    }];

    [Theory]
    [MemberData(nameof(Kubectls))]
    public async Task Kubectl_does_its_work(string kubectl)
    {
        Assert.SkipUnless(File.Exists(kubectl), $"{kubectl} is not here");
        var old = (await RunAsync(kubectl, "version --client --short", expectSuccess: false)).Contains("v1.20", StringComparison.Ordinal);
        var ns = "k-" + Guid.NewGuid().ToString("N")[..8];
        await using KubectlSession session = new(shared.Server, kubectl, ns);
        await session.RunAsync($"create namespace {ns}");

        //          command                                                              what it prints
        await session.ExpectAsync("create deployment web --image=nginx:1 --replicas=2", "deployment.apps/web created", skip: old);
        await session.ExpectAsync("create deployment web --image=nginx:1", "deployment.apps/web created", skip: !old);
        await session.ExpectAsync("expose deployment web --port=80 --target-port=8080", "service/web exposed");
        await session.ExpectAsync("create configmap cm --from-literal=a=b", "configmap/cm created");
        await session.ExpectAsync("create secret generic s --from-literal=a=b", "secret/s created");
        await session.ExpectAsync("create serviceaccount bob", "serviceaccount/bob created");
        await session.ExpectAsync("run p --image=busybox:1 --restart=Never -- sleep 1", "pod/p created");
        await session.ExpectAsync("get pods", "p      0/1     Pending   0");
        await session.ExpectAsync("get pods -o wide", "NOMINATED NODE");
        await session.ExpectAsync("get deploy web -o jsonpath={.spec.template.spec.containers[0].image}", "nginx:1");
        await session.ExpectAsync("get pods -o name", "pod/p");
        await session.ExpectAsync("get all", "deployment.apps/web");
        await session.ExpectAsync("get svc -A --sort-by=.metadata.name", "kubernetes");
        await session.ExpectAsync("get pod p --field-selector=status.phase=Running", "", success: false);
        await session.ExpectAsync("describe pod p", "QoS Class:");
        await session.ExpectAsync("describe service web", "TargetPort:");
        await session.ExpectAsync("describe deployment web", "RollingUpdateStrategy:");
        await session.ExpectAsync("label pod p tier=front", "labeled");
        await session.ExpectAsync("get pods -l tier=front -o name", "pod/p");
        await session.ExpectAsync("annotate pod p note=x", "annotated");
        await session.ExpectAsync("scale deployment web --replicas=3", "scaled");
        await session.ExpectAsync("set image deployment/web nginx=nginx:2", "image updated");
        await session.ExpectAsync("rollout history deployment/web", "deployment.apps/web");
        await session.ExpectAsync("rollout restart deployment/web", "restarted");
        await session.ExpectAsync("patch deployment web --type=json -p=[{\"op\":\"replace\",\"path\":\"/spec/replicas\",\"value\":4}]", "patched");
        await session.ExpectAsync("patch deployment web --type=merge -p={\"spec\":{\"replicas\":5}}", "patched");
        await session.ExpectAsync("patch deployment web -p={\"spec\":{\"template\":{\"spec\":{\"containers\":[{\"name\":\"nginx\",\"imagePullPolicy\":\"Never\"}]}}}}", "patched");
        await session.ExpectAsync("get deploy web -o jsonpath={.spec.replicas},{.spec.template.spec.containers[0].image}", "5,nginx:2");
        await session.ExpectAsync("autoscale deployment web --max=5", "horizontalpodautoscaler.autoscaling/web autoscaled");
        await session.ExpectAsync("auth can-i create pods", "yes");
        await session.ExpectAsync("auth whoami", "test-kubectl", skip: old || kubectl.EndsWith("1.27", StringComparison.Ordinal));
        await session.ExpectAsync("create token bob", "ey", skip: old);
        await session.ExpectAsync("auth can-i list secrets --as=bob", "no", success: false);
        await session.ExpectAsync("explain pod.spec.dnsPolicy", "ClusterFirst");
        await session.ExpectAsync("explain deployment --recursive", "maxSurge");
        await session.ExpectAsync("api-resources", "networkpolicies");
        await session.ExpectAsync("version", "v1.36.0");
        await session.ApplyAsync("manifest-1", "configmap/applied created");
        await session.ApplyAsync("manifest-2", "configmap/applied configured");
        await session.ApplyAsync("manifest-2", "configmap/applied unchanged");
        await session.ApplyAsync("manifest-1 --server-side --force-conflicts", "serverside-applied");
        await session.ApplyAsync("manifest-2 --server-side --field-manager=other", "Apply failed with 1 conflict: conflict with \"kubectl\": .data.a", success: false);
        await session.ExpectAsync("diff -f -", "+  a: \"2\"", success: false, input: KubectlSession.Manifest("manifest-2"));
        await session.ExpectAsync("edit configmap cm", "configmap/cm edited");
        await session.ExpectAsync("get configmap cm -o jsonpath={.data.a}", "edited");
        await session.ExpectAsync("replace --force -f -", "configmap/applied replaced", input: KubectlSession.Manifest("manifest-1"));
        await session.ExpectAsync("scale deployment web --replicas=1 --current-replicas=9", "xpected replicas to be 9", success: false);
        await session.ApplyAsync("unknown-field", "unknown field", success: false);
        await session.ExpectAsync("get events", "No resources found");
        await session.ExpectAsync("delete deployment,service,pod,hpa --all --wait=true", "pod \"p\"");
        await session.ExpectAsync("wait --for=delete pod/p --timeout=10s", "", skip: old);
        await session.ExpectAsync($"delete namespace {ns} --wait=false", "deleted");
    }

    [Fact]
    public async Task Python_lists_watches_and_patches()
    {
        var packages = Path.Combine(Root, "out/clients/python/usr/lib/python3/dist-packages");
        Assert.SkipUnless(Directory.Exists(Path.Combine(packages, "kubernetes")), "python3-kubernetes is not in out/clients");
        var output = await RunScriptAsync("/usr/bin/python3", "client.py", PythonScript, ("PYTHONPATH", packages));
        Assert.Equal("{'a': 'b', 'c': 'd'}\nMODIFIED py {'a': 'b', 'c': 'd', 'e': 'f'}\n25%\n3\n404\nok", output.Trim());
    }

    [Fact]
    public async Task Javascript_informers_follow()
    {
        var packages = Path.Combine(Root, "out/clients/node");
        Assert.SkipUnless(Directory.Exists(Path.Combine(packages, "node_modules/@kubernetes/client-node")), "@kubernetes/client-node is not in out/clients");
        var output = await RunScriptAsync("node", "client.mjs", NodeScript.Replace("@kubernetes/client-node", packages + "/node_modules/@kubernetes/client-node/dist/index.js"));
        Assert.Contains("add njs, update njs, delete njs", output);
    }

    private const string PythonScript = """
        import sys, threading
        from kubernetes import client, config, watch
        config.load_kube_config(sys.argv[1])
        core, apps = client.CoreV1Api(), client.AppsV1Api()
        core.create_namespaced_config_map('default', client.V1ConfigMap(metadata=client.V1ObjectMeta(name='py'), data={'a': 'b'}))
        print(core.patch_namespaced_config_map('py', 'default', {'data': {'c': 'd'}}).data)
        core.create_node({'kind': 'Node', 'apiVersion': 'v1', 'metadata': {'name': 'pynode'}})
        core.list_node()
        revision = core.list_namespaced_config_map('default').metadata.resource_version
        threading.Timer(0.3, lambda: core.patch_namespaced_config_map('py', 'default', {'data': {'e': 'f'}})).start()
        for event in watch.Watch().stream(core.list_namespaced_config_map, 'default', resource_version=revision, field_selector='metadata.name=py', timeout_seconds=20):
            print(event['type'], event['object'].metadata.name, event['object'].data)
            break
        template = {'metadata': {'labels': {'a': 'b'}}, 'spec': {'containers': [{'name': 'c', 'image': 'i'}]}}
        made = apps.create_namespaced_deployment('default', {'apiVersion': 'apps/v1', 'kind': 'Deployment', 'metadata': {'name': 'pyd'},
            'spec': {'selector': {'matchLabels': {'a': 'b'}}, 'template': template}})
        print(made.spec.strategy.rolling_update.max_surge)
        print(apps.patch_namespaced_deployment_scale('pyd', 'default', {'spec': {'replicas': 3}}).spec.replicas)
        try:
            core.read_namespaced_pod('nope', 'default')
        except client.exceptions.ApiException as error:
            print(error.status)
        core.delete_namespaced_config_map('py', 'default')
        apps.delete_namespaced_deployment('pyd', 'default')
        print('ok')
        """;

    private const string NodeScript = """
        import * as k8s from '@kubernetes/client-node';
        const config = new k8s.KubeConfig();
        config.loadFromFile(process.argv[2]);
        const core = config.makeApiClient(k8s.CoreV1Api);
        const seen = [];
        let finished;
        const done = new Promise(resolve => finished = resolve);
        const informer = k8s.makeInformer(config, '/api/v1/namespaces/default/configmaps', () => core.listNamespacedConfigMap({ namespace: 'default' }));
        for (const type of ['add', 'update', 'delete']) {
            informer.on(type, object => {
                if (object.metadata.name === 'njs') { seen.push(type + ' njs'); if (type === 'delete') finished(); }
            });
        }
        await informer.start();
        await core.createNamespacedConfigMap({ namespace: 'default', body: { metadata: { name: 'njs' }, data: { a: 'b' } } });
        await core.patchNamespacedConfigMap({ namespace: 'default', name: 'njs', body: [{ op: 'replace', path: '/data/a', value: 'c' }] });
        await core.deleteNamespacedConfigMap({ namespace: 'default', name: 'njs' });
        await done;
        console.log(seen.join(', '));
        process.exit(0);
        """;

    private async Task<string> RunScriptAsync(string program, string name, string script, params (string, string)[] environment)
    {
        var directory = Directory.CreateTempSubdirectory("fairlead-client-");
        try
        {
            var path = Path.Combine(directory.FullName, name);
            var kubeconfig = Path.Combine(directory.FullName, "kubeconfig");
            await File.WriteAllTextAsync(path, script, TestContext.Current.CancellationToken);
            await File.WriteAllTextAsync(kubeconfig, shared.Server.Server.AdminKubeconfig, TestContext.Current.CancellationToken);
            return await RunAsync(program, [path, kubeconfig], environment);
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    private static async Task<string> RunAsync(string program, string arguments, bool expectSuccess) =>
        await RunAsync(program, arguments.Split(' '), [], expectSuccess);

    internal static async Task<string> RunAsync(string program, IEnumerable<string> arguments, (string Name, string Value)[] environment, bool? expectSuccess = true, string? input = null)
    {
        ProcessStartInfo start = new(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        using var process = Process.Start(start)!;
        if (input is not null)
        {
            await process.StandardInput.WriteAsync(input);
        }

        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        var error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        var all = await output + await error;
        if (expectSuccess == true)
        {
            Assert.True(process.ExitCode == 0, $"{program} {string.Join(' ', arguments)}: {all}");
        }

        return all;
    }

    private static string FindRoot()
    {
        var directory = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(directory, "Fairlead.slnx")))
        {
            directory = Path.GetDirectoryName(directory) ?? throw new InvalidOperationException("the tests don't run inside the repository");
        }

        return directory;
    }

    /// <summary>kubectl with a kubeconfig and a namespace of its own.</summary>
    private sealed class KubectlSession : IAsyncDisposable
    {
        private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("fairlead-kubectl-");
        private readonly string _kubectl;
        private readonly string _ns;

        public KubectlSession(TestServer server, string kubectl, string ns)
        {
            _kubectl = kubectl;
            _ns = ns;
            File.WriteAllText(Editor, "#!/bin/sh\nsed -i 's/a: b/a: edited/' \"$1\"\n");
            File.SetUnixFileMode(Editor, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            File.WriteAllText(Path.Combine(_directory.FullName, "kubeconfig"), server.Server.Authority.IssueKubeconfig($"https://127.0.0.1:{server.Server.Port}", "test-kubectl", "system:masters"));
        }

        /// <summary>What edits where a person would.</summary>
        private string Editor => Path.Combine(_directory.FullName, "editor");

        public Task<string> RunAsync(string command, bool success = true, string? input = null) => ClientTests.RunAsync(
            _kubectl, ["--kubeconfig", Path.Combine(_directory.FullName, "kubeconfig"), "-n", _ns, "--cache-dir", Path.Combine(_directory.FullName, "cache"), .. command.Split(' ')], [("EDITOR", Editor)], success, input);

        public async Task ExpectAsync(string command, string expected, bool success = true, bool skip = false, string? input = null)
        {
            if (skip)
            {
                return;
            }

            var output = await RunAsync(command, success, input);
            Assert.True(output.Contains(expected, StringComparison.Ordinal), $"kubectl {command}:\n{output}\nwithout: {expected}");
        }

        public async Task ApplyAsync(string what, string expected, bool success = true)
        {
            var words = what.Split(' ');
            var output = await RunAsync($"apply {string.Join(' ', words.AsSpan(1).ToArray())} -f -".Replace("  ", " "), success, Manifest(words[0]));
            Assert.True(output.Contains(expected, StringComparison.Ordinal), $"apply {what}:\n{output}\nwithout: {expected}");
        }

        public static string Manifest(string name) => name switch
        {
            "manifest-1" => """{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"applied"},"data":{"a":"1"}}""",
            "manifest-2" => """{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"applied"},"data":{"a":"2"}}""",
            _ => """{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"applied2"},"dat":{"a":"2"}}""",
        };

        public ValueTask DisposeAsync()
        {
            _directory.Delete(recursive: true);
            return ValueTask.CompletedTask;
        }
    }
}
