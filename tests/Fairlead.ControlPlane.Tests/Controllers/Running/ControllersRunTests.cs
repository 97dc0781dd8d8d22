using System.Text.Json.Nodes;
using Fairlead.ControlPlane.Controllers;
using Fairlead.Kubernetes;

namespace Fairlead.ControlPlane.Tests.Controllers.Running;

/// <summary>The controllers against the embedded API server, as a cluster runs them.</summary>
public class ControllersRunTests
{
    private static readonly ObjectKey Web = new("default", "web");

    [Fact]
    public async Task A_deployment_becomes_pods_on_nodes_and_endpoints_of_its_service()
    {
        await using RunningCluster cluster = await RunningCluster.StartAsync(nodes: 3);
        await cluster.Client.CreateAsync(WebService(), TestContext.Current.CancellationToken);
        await cluster.Client.CreateAsync(WebDeployment("one"), TestContext.Current.CancellationToken);

        await cluster.UntilAsync<Deployment>(Web, IsRolledOut);
        IReadOnlyList<Pod> pods = await cluster.UntilAsync<Pod>("default", pods => pods.Count == 3);
        IReadOnlyList<EndpointSlice> slices = await cluster.UntilAsync<EndpointSlice>("default", all => all.SelectMany(Endpoints).Count(endpoint => endpoint.Conditions.IsReady) == 3);

        Assert.Equal(["worker-0", "worker-1", "worker-2"], pods.Select(pod => pod.Spec.NodeName).Order());
        Assert.Equal(pods.Select(pod => pod.Status.PodIP).Order(), slices.SelectMany(Endpoints).Select(endpoint => endpoint.Addresses[0]).Order());
        IReadOnlyList<Node> nodes = await cluster.UntilAsync<Node>("", all => all.All(node => node.Spec.PodCidr is not null));
        Assert.Equal(3, nodes.Select(node => node.Spec.PodCidr).Distinct().Count());
    }

    [Fact]
    public async Task A_new_template_rolls_out_and_the_old_one_comes_back_with_its_history()
    {
        await using RunningCluster cluster = await RunningCluster.StartAsync(nodes: 2);
        await cluster.Client.CreateAsync(WebDeployment("one"), TestContext.Current.CancellationToken);
        await cluster.UntilAsync<Deployment>(Web, IsRolledOut);

        await SetImageAsync(cluster, "two");
        await cluster.UntilAsync<Deployment>(Web, deployment => IsRolledOut(deployment) && deployment.Metadata.Annotations["deployment.kubernetes.io/revision"] == "2");
        await SetImageAsync(cluster, "one");
        await cluster.UntilAsync<Deployment>(Web, deployment => IsRolledOut(deployment) && deployment.Metadata.Annotations["deployment.kubernetes.io/revision"] == "3");

        IReadOnlyList<ReplicaSet> sets = await cluster.UntilAsync<ReplicaSet>("default", sets => sets.Sum(set => set.Status.Replicas) == 3);
        Assert.Equal(["2 ", "3 1"], sets.Select(set => $"{set.Metadata.Annotations["deployment.kubernetes.io/revision"]} {set.Metadata.Annotations.GetValueOrDefault("deployment.kubernetes.io/revision-history")}").Order());
    }

    [Fact]
    public async Task Controllers_that_are_stopped_midway_finish_when_they_are_started_again()
    {
        await using RunningCluster cluster = await RunningCluster.StartAsync(nodes: 3);
        await cluster.Client.CreateAsync(WebService(), TestContext.Current.CancellationToken);
        await cluster.Client.CreateAsync(WebDeployment("one"), TestContext.Current.CancellationToken);
        await cluster.UntilAsync<Deployment>(Web, IsRolledOut);
        for (int round = 0; round < 5; round++)
        {
            string image = $"round-{round}";
            await SetImageAsync(cluster, image);
            int writes = round * 4;
            await cluster.UntilAsync<Deployment>(Web, _ => cluster.Writes.Count > writes);
            await cluster.StopControllersAsync();
            cluster.StartControllers();
            await cluster.UntilAsync<Deployment>(Web, now => IsRolledOut(now) && now.Spec.Template.Spec.Containers[0].Image == image);
            await cluster.UntilAsync<Pod>("default", pods => pods.Count == 3 && pods.All(pod => pod.Spec.Containers[0].Image == image));
        }
    }

    [Fact]
    public async Task Controllers_that_are_started_again_write_nothing_where_nothing_changed()
    {
        await using RunningCluster cluster = await RunningCluster.StartAsync(nodes: 2);
        await cluster.Client.CreateAsync(WebService(), TestContext.Current.CancellationToken);
        await cluster.Client.CreateAsync(WebDeployment("one"), TestContext.Current.CancellationToken);
        await cluster.UntilAsync<Deployment>(Web, IsRolledOut);
        await cluster.UntilAsync<EndpointSlice>("default", all => all.SelectMany(Endpoints).Count(endpoint => endpoint.Conditions.IsReady) == 3);

        // Those that are stopped first may leave work undone, which is the next ones' to do; some time there is none.
        const int rounds = 5;
        string[] written = [];
        for (int round = 0; round == 0 || (written.Length > 0 && round < rounds); round++)
        {
            await cluster.StopControllersAsync();

            // What comes last in the queues of all controllers shows that they have looked at everything before.
            cluster.StartControllers();
            string last = $"last-{round}";
            await cluster.Client.CreateAsync(new Namespace { Metadata = new ObjectMeta { Name = last } }, TestContext.Current.CancellationToken);
            Deployment another = WebDeployment("one");
            await cluster.Client.CreateAsync(another with { Metadata = another.Metadata with { Namespace = last } }, TestContext.Current.CancellationToken);
            await cluster.UntilAsync<Deployment>(new ObjectKey(last, "web"), IsRolledOut);
            written = [.. cluster.Writes.Where(write => write.Contains("/namespaces/default/", StringComparison.Ordinal) && !write.Contains("/events", StringComparison.Ordinal))];
        }

        Assert.Empty(written);
    }

    [Fact]
    public async Task A_node_that_falls_silent_loses_its_endpoints_and_gets_them_back()
    {
        await using RunningCluster cluster = await RunningCluster.StartAsync(nodes: 2, new ControllerManagerOptions { NodeMonitorGracePeriod = TimeSpan.FromSeconds(3) });
        await cluster.Client.CreateAsync(WebService(), TestContext.Current.CancellationToken);
        await cluster.Client.CreateAsync(WebDeployment("one"), TestContext.Current.CancellationToken);
        await cluster.UntilAsync<Deployment>(Web, IsRolledOut);
        await cluster.UntilAsync<EndpointSlice>("default", all => all.SelectMany(Endpoints).Count(endpoint => endpoint.Conditions.IsReady) == 3);

        await cluster.StopKubeletAsync("worker-0");
        Node silent = await cluster.UntilAsync<Node>(new ObjectKey("", "worker-0"), node => node.Status.Conditions.Any(condition => condition is { Type: "Ready", Status: "Unknown" }) && node.Spec.Taints.Count >= 2);
        await cluster.UntilAsync<EndpointSlice>("default", all => all.SelectMany(Endpoints).All(endpoint => endpoint.Conditions.IsReady == (endpoint.NodeName == "worker-1")));
        Assert.Equal(["node.kubernetes.io/unreachable:NoExecute", "node.kubernetes.io/unreachable:NoSchedule"], silent.Spec.Taints.Select(taint => $"{taint.Key}:{taint.Effect}").Order());

        cluster.StartKubelet("worker-0", 0);
        await cluster.UntilAsync<Node>(new ObjectKey("", "worker-0"), node => node.Spec.Taints.Count == 0 && node.Status.Conditions.Any(condition => condition is { Type: "Ready", Status: "True" }));
        await cluster.UntilAsync<EndpointSlice>("default", all => all.SelectMany(Endpoints).Count(endpoint => endpoint.Conditions.IsReady) == 3);
    }

    [Fact]
    public async Task What_an_owner_leaves_behind_is_deleted_and_a_namespace_goes_with_its_content()
    {
        await using RunningCluster cluster = await RunningCluster.StartAsync(nodes: 1);
        await cluster.Client.CreateAsync(new Namespace { Metadata = new ObjectMeta { Name = "gone" } }, TestContext.Current.CancellationToken);
        Deployment elsewhere = WebDeployment("one");
        await cluster.Client.CreateAsync(elsewhere with { Metadata = elsewhere.Metadata with { Namespace = "gone" } }, TestContext.Current.CancellationToken);
        await cluster.Client.CreateAsync(WebDeployment("one"), TestContext.Current.CancellationToken);
        await cluster.UntilAsync<Deployment>(Web, IsRolledOut);
        await cluster.UntilAsync<Deployment>(new ObjectKey("gone", "web"), IsRolledOut);

        await cluster.Client.DeleteAsync<Deployment>(Web, new DeleteOptions { PropagationPolicy = "Foreground" }, TestContext.Current.CancellationToken);
        await cluster.UntilAsync<Deployment>("default", all => all.Count == 0);
        Assert.Empty((await cluster.Client.ListAsync<Pod>(new ListOptions { Namespace = "default" }, TestContext.Current.CancellationToken)).Items);

        await cluster.Client.DeleteAsync<Namespace>(new ObjectKey("", "gone"), null, TestContext.Current.CancellationToken);
        await cluster.UntilAsync<Namespace>("", all => all.All(ns => ns.Metadata.Name != "gone"));
        Assert.DoesNotContain((await cluster.Client.ListAsync<Pod>(null, TestContext.Current.CancellationToken)).Items, pod => pod.Metadata.Namespace == "gone");
    }

    [Fact]
    public async Task Jobs_end_daemons_are_everywhere_and_stateful_pods_come_in_order()
    {
        await using RunningCluster cluster = await RunningCluster.StartAsync(nodes: 2);
        await cluster.Client.CreateAsync(
            new Job
            {
                Metadata = new ObjectMeta { Name = "sum", Namespace = "default" },
                Spec = new JobSpec { Completions = 3, Parallelism = 2, Template = PodTemplateSpec.Create(new ObjectMeta(), new PodSpec { RestartPolicy = "Never", Containers = [new Container { Name = "c", Image = "one", Command = ["exit", "0"] }] }) },
            },
            TestContext.Current.CancellationToken);
        await cluster.Client.CreateAsync(
            new DaemonSet { Metadata = new ObjectMeta { Name = "agent", Namespace = "default" }, Spec = new DaemonSetSpec { Selector = LabelSelector.Of(Make.Labels("app=agent")), Template = Make.Template(labels: "app=agent") } },
            TestContext.Current.CancellationToken);
        await cluster.Client.CreateAsync(
            new StatefulSet { Metadata = new ObjectMeta { Name = "db", Namespace = "default" }, Spec = new StatefulSetSpec { Replicas = 3, ServiceName = "db", Selector = LabelSelector.Of(Make.Labels("app=db")), Template = Make.Template(labels: "app=db") } },
            TestContext.Current.CancellationToken);

        Job job = await cluster.UntilAsync<Job>(new ObjectKey("default", "sum"), job => job.Status.Conditions.Any(condition => condition is { Type: "Complete", Status: "True" }));
        await cluster.UntilAsync<DaemonSet>(new ObjectKey("default", "agent"), set => set.Status is { NumberAvailable: 2, DesiredNumberScheduled: 2 });
        await cluster.UntilAsync<StatefulSet>(new ObjectKey("default", "db"), set => set.Status is { ReadyReplicas: 3, UpdatedReplicas: 3 });

        Assert.Equal((3, 0, 0), (job.Status.Succeeded, job.Status.Failed, job.Status.Active));
        IReadOnlyList<Pod> pods = (await cluster.Client.ListAsync<Pod>(new ListOptions { Namespace = "default", LabelSelector = "app=db" }, TestContext.Current.CancellationToken)).Items;
        Assert.Equal(["db-0", "db-1", "db-2"], pods.OrderBy(pod => ulong.Parse(pod.Metadata.ResourceVersion, null)).Select(pod => pod.Metadata.Name));
    }

    private static IEnumerable<Endpoint> Endpoints(EndpointSlice slice) => slice.Metadata.Labels.GetValueOrDefault("kubernetes.io/service-name") == "web" ? slice.Endpoints : [];

    private static bool IsRolledOut(Deployment deployment) =>
        deployment.Status.ObservedGeneration >= deployment.Metadata.Generation
        && deployment.Status is { Replicas: 3, UpdatedReplicas: 3, AvailableReplicas: 3 }
        && deployment.Status.Conditions.Any(condition => condition is { Type: "Progressing", Reason: "NewReplicaSetAvailable" });

    private static Task<Deployment> SetImageAsync(RunningCluster cluster, string image)
    {
        JsonObject change = new() { ["spec"] = new JsonObject { ["template"] = Make.Template(image).ToJson() } };
        return cluster.Client.PatchAsync<Deployment>(Web, Patch.Merge(change), null, TestContext.Current.CancellationToken);
    }

    private static Deployment WebDeployment(string image) => new()
    {
        Metadata = new ObjectMeta { Name = "web", Namespace = "default" },
        Spec = new DeploymentSpec { Replicas = 3, Selector = LabelSelector.Of(Make.Labels("app=web")), Template = Make.Template(image) },
    };

    private static Service WebService() => new()
    {
        Metadata = new ObjectMeta { Name = "web", Namespace = "default" },
        Spec = new ServiceSpec { Selector = Make.Labels("app=web"), Ports = [new ServicePort { Name = "http", Port = 80, TargetPort = 8080, Protocol = "TCP" }] },
    };
}
