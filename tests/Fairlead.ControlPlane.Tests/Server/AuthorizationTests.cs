using System.Net;
using System.Text.Json.Nodes;

namespace Fairlead.ControlPlane.Tests.Server;

/// <summary>Who may do what, by roles; sentences as kube-apiserver gives them.</summary>
public sealed class AuthorizationTests(SharedServer shared) : IClassFixture<SharedServer>
{
    private const string Rbac = "/apis/rbac.authorization.k8s.io/v1";

    private static readonly string[] Objects =
    [
        Rbac + """/namespaces/default/roles {"metadata":{"name":"reader"},"rules":[{"apiGroups":[""],"resources":["pods","pods/log"],"verbs":["get","list","watch"]},{"apiGroups":[""],"resources":["configmaps"],"resourceNames":["one"],"verbs":["get","update","watch","list"]}]}""",
        Rbac + """/namespaces/default/rolebindings {"metadata":{"name":"readers"},"roleRef":{"apiGroup":"rbac.authorization.k8s.io","kind":"Role","name":"reader"},"subjects":[{"kind":"User","name":"ann","apiGroup":"rbac.authorization.k8s.io"},{"kind":"ServiceAccount","name":"robot"}]}""",
        Rbac + """/namespaces/kube-public/rolebindings {"metadata":{"name":"viewers"},"roleRef":{"apiGroup":"rbac.authorization.k8s.io","kind":"ClusterRole","name":"edit"},"subjects":[{"kind":"Group","name":"editors","apiGroup":"rbac.authorization.k8s.io"}]}""",
        Rbac + """/clusterroles {"metadata":{"name":"probe"},"rules":[{"nonResourceURLs":["/logs/*"],"verbs":["get"]}]}""",
        Rbac + """/clusterroles {"metadata":{"name":"widgets-view","labels":{"rbac.authorization.k8s.io/aggregate-to-view":"true"}},"rules":[{"apiGroups":["example.com"],"resources":["widgets"],"verbs":["get"]}]}""",
        Rbac + """/clusterrolebindings {"metadata":{"name":"probes"},"roleRef":{"apiGroup":"rbac.authorization.k8s.io","kind":"ClusterRole","name":"probe"},"subjects":[{"kind":"User","name":"ann","apiGroup":"rbac.authorization.k8s.io"}]}""",
    ];

    private async Task PrepareAsync()
    {
        foreach (var one in Objects)
        {
            var parts = one.Split(' ', 2);
            await shared.Server.SendAsync("POST", parts[0], parts[1]);
        }
    }

    [Theory] //      user    groups         what                                                        whether it may
    [InlineData("ann", "", "get pods in default", true)]
    [InlineData("ann", "", "get pods/log in default", true)]
    [InlineData("ann", "", "get pods/exec in default", false)]
    [InlineData("ann", "", "delete pods in default", false)]
    [InlineData("ann", "", "get pods in kube-system", false)]
    [InlineData("ann", "", "list pods in ", false)]
    [InlineData("ann", "", "get configmaps one in default", true)]
    [InlineData("ann", "", "get configmaps two in default", false)]
    [InlineData("ann", "", "get configmaps in default", false)]
    [InlineData("ann", "", "get /logs/here", true)]
    [InlineData("ann", "", "get /metrics", false)]
    [InlineData("bob", "", "get /version", true)]
    [InlineData("bob", "", "get pods in default", false)]
    [InlineData("bob", "editors", "create deployments.apps in kube-public", true)]
    [InlineData("bob", "editors", "update deployments.apps/scale in kube-public", true)]
    [InlineData("bob", "editors", "create roles.rbac.authorization.k8s.io in kube-public", false)]
    [InlineData("bob", "editors", "get widgets.example.com in kube-public", true)]
    [InlineData("bob", "editors", "get widgets.example.com in default", false)]
    [InlineData("system:serviceaccount:default:robot", "", "watch pods in default", true)]
    [InlineData("system:serviceaccount:kube-system:robot", "", "watch pods in default", false)]
    [InlineData("system:node:worker-0", "system:nodes", "patch nodes/status in ", true)]
    [InlineData("system:node:worker-0", "system:nodes", "list endpointslices.discovery.k8s.io in ", true)]
    [InlineData("system:node:worker-0", "system:nodes", "create deployments.apps in default", false)]
    [InlineData("root", "system:masters", "delete nodes in ", true)]
    public async Task Roles_decide(string user, string groups, string what, bool allowed)
    {
        await PrepareAsync();
        var review = new JsonObject
        {
            ["kind"] = "SubjectAccessReview",
            ["apiVersion"] = "authorization.k8s.io/v1",
            ["spec"] = Spec(user, groups, what),
        };
        var answer = await shared.Server.OkAsync("POST", "/apis/authorization.k8s.io/v1/subjectaccessreviews", review.ToJsonString());
        Assert.Equal(allowed, answer["status"]!["allowed"]!.GetValue<bool>());
    }

    /// <summary>"verb resource.group/subresource name in namespace" or "verb /path".</summary>
    private static JsonObject Spec(string user, string groups, string what)
    {
        JsonObject spec = new() { ["user"] = user, ["groups"] = new JsonArray([.. groups.Split(',').Append("system:authenticated").Select(group => (JsonNode)group)]) };
        var verb = what.Split(' ')[0];
        if (what.Contains(" /", StringComparison.Ordinal))
        {
            spec["nonResourceAttributes"] = new JsonObject { ["verb"] = verb, ["path"] = what.Split(' ')[1] };
            return spec;
        }

        var words = what.Split(" in ");
        var names = words[0].Split(' ');
        var resource = names[1].Split('/');
        spec["resourceAttributes"] = new JsonObject
        {
            ["verb"] = verb,
            ["resource"] = resource[0].Split('.')[0],
            ["group"] = resource[0].Contains('.', StringComparison.Ordinal) ? resource[0].Split('.', 2)[1] : "",
            ["subresource"] = resource.ElementAtOrDefault(1) ?? "",
            ["name"] = names.ElementAtOrDefault(2) ?? "",
            ["namespace"] = words[1],
        };
        return spec;
    }

    [Theory] //      method    path                                                                   the refusal
    [InlineData("GET", "/api/v1/namespaces/default/secrets", "secrets is forbidden: User \"ann\" cannot list resource \"secrets\" in API group \"\" in the namespace \"default\"")]
    [InlineData("GET", "/api/v1/nodes/n", "nodes \"n\" is forbidden: User \"ann\" cannot get resource \"nodes\" in API group \"\" at the cluster scope")]
    [InlineData("GET", "/apis/apps/v1/deployments?watch=1", "deployments.apps is forbidden: User \"ann\" cannot watch resource \"deployments\" in API group \"apps\" at the cluster scope")]
    [InlineData("DELETE", "/api/v1/namespaces/default/pods/p", "pods \"p\" is forbidden: User \"ann\" cannot delete resource \"pods\" in API group \"\" in the namespace \"default\"")]
    [InlineData("PUT", "/api/v1/namespaces/default/pods/p/status", "pods \"p\" is forbidden: User \"ann\" cannot update resource \"pods/status\" in API group \"\" in the namespace \"default\"")]
    [InlineData("GET", "/metrics", "forbidden: User \"ann\" cannot get path \"/metrics\"")]
    public async Task A_refusal_says_what_was_refused(string method, string path, string message)
    {
        await PrepareAsync();
        using var client = shared.Server.NewClient("ann");
        using var response = await client.SendAsync(new HttpRequestMessage(new HttpMethod(method), path), TestContext.Current.CancellationToken);
        var status = JsonNode.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))!;
        Assert.Equal((HttpStatusCode.Forbidden, "Forbidden", message), (response.StatusCode, status["reason"]!.GetValue<string>(), status["message"]!.GetValue<string>()));
    }

    [Theory] //   who asks       as whom                            how it is answered
    [InlineData("system:masters", "ann", HttpStatusCode.OK)]
    [InlineData("system:masters", "bob", HttpStatusCode.Forbidden)]
    [InlineData("system:masters", "system:serviceaccount:default:robot", HttpStatusCode.OK)]
    [InlineData("nobody", "ann", HttpStatusCode.Forbidden)]
    public async Task Impersonation_takes_the_other_ones_rights(string group, string subject, HttpStatusCode answer)
    {
        await PrepareAsync();
        using var client = shared.Server.NewClient("carl", group);
        using HttpRequestMessage request = new(HttpMethod.Get, "/api/v1/namespaces/default/pods");
        request.Headers.Add("Impersonate-User", subject);
        using var response = await client.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal(answer, response.StatusCode);
    }

    [Fact]
    public async Task A_binding_that_goes_takes_the_right_along()
    {
        await PrepareAsync();
        using var client = shared.Server.NewClient("dora");
        await shared.Server.OkAsync("POST", Rbac + "/clusterrolebindings", """{"metadata":{"name":"dora"},"roleRef":{"apiGroup":"rbac.authorization.k8s.io","kind":"ClusterRole","name":"view"},"subjects":[{"kind":"User","name":"dora","apiGroup":"rbac.authorization.k8s.io"}]}""");
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/api/v1/pods", TestContext.Current.CancellationToken)).StatusCode);
        await shared.Server.OkAsync("DELETE", Rbac + "/clusterrolebindings/dora");
        Assert.Equal(HttpStatusCode.Forbidden, (await client.GetAsync("/api/v1/pods", TestContext.Current.CancellationToken)).StatusCode);
    }
}
