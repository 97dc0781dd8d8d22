using Fairlead.ControlPlane.Controllers.EndpointSlices;
using Fairlead.Kubernetes;

namespace Fairlead.ControlPlane.Tests.Controllers;

public class EndpointSlicePlanTests
{
    private static readonly Service Web = new()
    {
        Metadata = new ObjectMeta { Name = "web", Namespace = "default", Uid = "uid-svc", Labels = Make.Labels("team=a") },
        Spec = new ServiceSpec
        {
            Selector = Make.Labels("app=web"),
            ClusterIP = "10.32.0.5",
            IPFamilies = ["IPv4"],
            Ports = [new ServicePort { Name = "http", Port = 80, TargetPort = "web", Protocol = "TCP" }],
        },
    };

    [Theory] //  ready  deleting  publish      ready  serving  terminating
    [InlineData(true, false, false, true, true, false)]
    [InlineData(false, false, false, false, false, false)]
    [InlineData(true, true, false, false, true, true)]
    [InlineData(false, true, true, true, false, true)]
    public void A_pod_is_an_endpoint_that_is(bool podReady, bool deleting, bool publish, bool ready, bool serving, bool terminating)
    {
        Service service = Web with { Spec = Web.Spec with { PublishNotReadyAddresses = publish } };

        EndpointSlice slice = Plan(service, [Serving("p", 8080, ready: podReady, deleting: deleting)]).Create.Single();

        Assert.Equal(new EndpointConditions(ready, serving, terminating), slice.Endpoints.Single().Conditions);
    }

    [Fact]
    public void A_slice_says_who_where_and_on_which_port()
    {
        EndpointSlice slice = Plan(Web, [Serving("p", 8080)]).Create.Single();

        Endpoint endpoint = slice.Endpoints.Single();
        Assert.Equal(("10.200.0.1", "worker-0", "zone-of-worker-0", "p"), (endpoint.Addresses[0], endpoint.NodeName, endpoint.Zone, endpoint.TargetRef?.Name));
        Assert.Equal(("http", 8080, "TCP"), (slice.Ports[0].Name, slice.Ports[0].Port, slice.Ports[0].Protocol));
        Assert.Equal("web", slice.Metadata.Labels["kubernetes.io/service-name"]);
        Assert.Equal("endpointslice-controller.k8s.io", slice.Metadata.Labels["endpointslice.kubernetes.io/managed-by"]);
        Assert.Equal("a", slice.Metadata.Labels["team"]);
        Assert.Equal("uid-svc", slice.Metadata.Controller?.Uid);
    }

    [Fact]
    public void Pods_that_serve_a_named_port_elsewhere_have_a_slice_of_their_own()
    {
        EndpointSlicePlan plan = Plan(Web, [Serving("old", 80), Serving("new", 8080)]);

        Assert.Equal([80, 8080], plan.Create.Select(slice => slice.Ports[0].Port!.Value).Order());
    }

    [Fact]
    public void A_service_without_pods_has_one_empty_slice_which_then_fills()
    {
        EndpointSlice empty = Stored(Plan(Web, []).Create.Single(), "web-1");
        Assert.Empty(empty.Endpoints);

        EndpointSlicePlan plan = Plan(Web, [Serving("p", 80)], empty);
        Assert.Equal(("web-1", 0, 0), (plan.Update.Single().Desired.Metadata.Name, plan.Create.Count, plan.Delete.Count));

        plan = Plan(Web, [], plan.Update[0].Desired);
        Assert.Empty(plan.Update.Single().Desired.Endpoints);
    }

    [Fact]
    public void A_second_look_changes_nothing()
    {
        Pod[] pods = [.. Enumerable.Range(1, 250).Select(i => Serving($"p{i}", 80, $"10.200.{i / 200}.{i % 200}"))];
        EndpointSlice[] slices = [.. Plan(Web, pods).Create.Select((slice, i) => Stored(slice, $"web-{i}"))];

        Assert.Equal([100, 100, 50], slices.Select(slice => slice.Endpoints.Count));
        EndpointSlicePlan again = Plan(Web, pods, slices);
        Assert.Equal((0, 0, 0), (again.Create.Count, again.Update.Count, again.Delete.Count));
    }

    [Fact]
    public void One_pod_that_goes_changes_one_slice()
    {
        Pod[] pods = [.. Enumerable.Range(1, 250).Select(i => Serving($"p{i}", 80, $"10.200.{i / 200}.{i % 200}"))];
        EndpointSlice[] slices = [.. Plan(Web, pods).Create.Select((slice, i) => Stored(slice, $"web-{i}"))];

        EndpointSlicePlan plan = Plan(Web, [.. pods.Skip(1)], slices);

        Assert.Equal((0, 1, 0), (plan.Create.Count, plan.Update.Count, plan.Delete.Count));
        Assert.Equal(99, plan.Update[0].Desired.Endpoints.Count);
    }

    [Fact]
    public void Two_families_have_two_slices()
    {
        Service dual = Web with { Spec = Web.Spec with { IPFamilies = ["IPv4", "IPv6"] } };
        Pod pod = Serving("p", 80) is var p ? p with { Status = p.Status with { PodIPs = [new PodIP { IP = "10.200.0.1" }, new PodIP { IP = "fd00::1" }] } } : null!;

        EndpointSlicePlan plan = Plan(dual, [pod]);

        Assert.Equal(["IPv4 10.200.0.1", "IPv6 fd00::1"], plan.Create.Select(slice => $"{slice.AddressType} {slice.Endpoints[0].Addresses[0]}"));
    }

    [Fact]
    public void Pods_that_ended_or_have_no_address_are_not_endpoints() =>
        Assert.Empty(Plan(Web, [Make.Pod("pending"), Serving("done", 80) is var p ? p with { Status = p.Status with { Phase = "Succeeded" } } : null!]).Create.Single().Endpoints);

    private static EndpointSlicePlan Plan(Service service, Pod[] pods, params EndpointSlice[] existing) => EndpointSlicePlan.Make(service, pods, node => $"zone-of-{node}", existing);

    private static Pod Serving(string name, int port, string ip = "10.200.0.1", bool ready = true, bool deleting = false) =>
        Make.Pod(name, node: "worker-0", ready: ready, ip: ip, deleting: deleting) is var pod
            ? pod with { Spec = pod.Spec with { Containers = [new Container { Name = "c", Ports = [new ContainerPort { Name = "web", ContainerPortValue = port }] }] } }
            : null!;

    private static EndpointSlice Stored(EndpointSlice slice, string name) => slice with { Metadata = slice.Metadata with { Name = name, GenerateName = "" } };
}
