using Fairlead.ControlPlane.Controllers.Deployments;
using Fairlead.ControlPlane.Controllers.Revisions;
using Fairlead.Kubernetes;

namespace Fairlead.ControlPlane.Tests.Controllers;

public class RollingUpdateTests
{
    [Theory] //  wanted surge   missing  old  avail  new  avail   step
    [InlineData(10, "25%", "25%", 10, 10, 0, 0, "new=3")]
    [InlineData(10, "25%", "25%", 10, 10, 3, 0, "old=8")]
    [InlineData(10, "25%", "25%", 8, 8, 3, 0, "new=5")]
    [InlineData(10, "25%", "25%", 8, 8, 5, 0, "")]
    [InlineData(10, "25%", "25%", 8, 8, 5, 5, "old=3")]
    [InlineData(3, "1", "0", 3, 3, 0, 0, "new=1")]
    [InlineData(3, "1", "0", 3, 3, 1, 0, "")]
    [InlineData(3, "1", "0", 3, 3, 1, 1, "old=2")]
    [InlineData(3, "0", "1", 3, 3, 0, 0, "old=2")]
    [InlineData(3, "0", "0", 3, 3, 0, 0, "old=2")]
    [InlineData(3, "25%", "25%", 3, 0, 1, 0, "")]
    [InlineData(4, "25%", "25%", 4, 1, 1, 0, "old=3")]
    [InlineData(1, "25%", "25%", 1, 1, 1, 1, "old=0")]
    [InlineData(3, "25%", "25%", 0, 0, 3, 3, "")]
    public void A_rollout_goes_next_to(int wanted, string surge, string missing, int old, int oldAvailable, int size, int available, string step)
    {
        Deployment deployment = Make.Deployment(wanted, surge, missing);
        ReplicaSet newest = Make.Set("new", size, available);
        ReplicaSet oldest = Make.Set("old", old, oldAvailable, age: 5);

        Assert.Equal(step, Print(RollingUpdate.Step(deployment, newest, [oldest])));
    }

    [Theory]
    [InlineData(10, "25%", "25%")]
    [InlineData(3, "1", "0")]
    [InlineData(3, "0", "1")]
    [InlineData(1, "25%", "25%")]
    [InlineData(7, "100%", "0")]
    public void A_rollout_ends_with_all_pods_new_and_never_leaves_its_limits(int wanted, string surge, string missing)
    {
        Deployment deployment = Make.Deployment(wanted, surge, missing);
        (int most, int absent) = RollingUpdate.Limits(deployment);
        ReplicaSet newest = Make.Set("new", 0, 0), old = Make.Set("old", wanted, wanted, age: 5);
        for (int round = 0; round < 100 && (newest.Spec.Replicas != wanted || old.Spec.Replicas != 0); round++)
        {
            foreach (Resize resize in RollingUpdate.Step(deployment, newest, [old]))
            {
                ReplicaSet sized = resize.Set with { Spec = resize.Set.Spec with { Replicas = resize.Replicas } };
                (newest, old) = resize.Set.Metadata.Name == "new" ? (sized, old) : (newest, sized);
            }

            Assert.InRange(newest.Spec.Replicas!.Value + old.Spec.Replicas!.Value, 0, wanted + most);
            old = Settle(old);
            Assert.True(old.Status.AvailableReplicas + newest.Status.AvailableReplicas >= wanted - absent);
            newest = Settle(newest);
        }

        Assert.Equal((wanted, 0), (newest.Spec.Replicas!.Value, old.Spec.Replicas!.Value));
    }

    [Theory] //  wanted  sets as name=size/available (desired, most before)            result
    [InlineData(10, "new=5/5 old=8/8", 10, 13, "old=8 new=5")] // nothing to add
    [InlineData(20, "new=5/5 old=8/8", 10, 13, "old=15 new=10")]
    [InlineData(5, "new=5/5 old=8/8", 10, 13, "old=4 new=3")]
    [InlineData(0, "new=5/5 old=8/8", 10, 13, "old=0 new=0")]
    [InlineData(7, "new=0/0 old=3/3", 3, 4, "old=7")]
    [InlineData(3, "new=3/3 old=2/2", 3, 4, "old=0")]
    public void A_deployment_that_is_scaled_shares_among_its_sets(int wanted, string sets, int desired, int most, string result)
    {
        Deployment deployment = Make.Deployment(wanted);
        ReplicaSet[] all = [.. sets.Split(' ').Select(text =>
        {
            string[] parts = text.Split('=', '/');
            return Make.Set(parts[0], int.Parse(parts[1], null), int.Parse(parts[2], null), desired, most, parts[0] == "old" ? 5 : 0);
        })];

        Assert.Equal(result, Print(ProportionalScale.Plan(deployment, all[0], [all[1]])));
    }

    [Fact]
    public void A_template_is_the_same_whatever_the_order_of_names_and_the_hash_label()
    {
        PodTemplateSpec one = PodTemplateSpec.FromJson((System.Text.Json.Nodes.JsonObject)System.Text.Json.Nodes.JsonNode.Parse("""{"metadata":{"labels":{"a":"b","pod-template-hash":"x"},"creationTimestamp":null},"spec":{"containers":[{"name":"c","image":"i"}],"restartPolicy":"Always"}}""")!);
        PodTemplateSpec other = PodTemplateSpec.FromJson((System.Text.Json.Nodes.JsonObject)System.Text.Json.Nodes.JsonNode.Parse("""{"spec":{"restartPolicy":"Always","containers":[{"image":"i","name":"c"}]},"metadata":{"labels":{"a":"b"}}}""")!);

        Assert.True(TemplateHash.Same(one, other));
        Assert.False(TemplateHash.Same(one, Make.Template("i")));
        Assert.Equal(TemplateHash.Of(one, 0), TemplateHash.Of(other, 0));
        Assert.NotEqual(TemplateHash.Of(one, 0), TemplateHash.Of(other, 1));
        Assert.Matches("^[bcdfghjklmnpqrstvwxz2456789]{1,10}$", TemplateHash.Of(one, 0));
    }

    [Fact]
    public void Progress_is_told_in_the_words_that_kubectl_reads()
    {
        Deployment deployment = Make.Deployment(3) with { Status = new DeploymentStatus() };
        ReplicaSet newest = Make.Set("web-x", 3, 0);

        DeploymentStatus waiting = DeploymentProgress.Judge(deployment, DeploymentProgress.Count(deployment, newest, [], Make.Now), newest, [], Make.Now);
        Assert.Equal("Available=False Progressing=True/ReplicaSetUpdated", Print(waiting));

        deployment = deployment with { Status = waiting };
        newest = Make.Set("web-x", 3, 3);
        DeploymentStatus done = DeploymentProgress.Judge(deployment, DeploymentProgress.Count(deployment, newest, [], Make.Now), newest, [], Make.Now);
        Assert.Equal("Available=True Progressing=True/NewReplicaSetAvailable", Print(done));
        Assert.Equal(done, DeploymentProgress.Judge(deployment with { Status = done }, done, newest, [], Make.Now.AddHours(1)));

        newest = Make.Set("web-x", 3, 0);
        DateTimeOffset late = Make.Now.AddSeconds(601);
        DeploymentStatus stuck = DeploymentProgress.Judge(deployment, DeploymentProgress.Count(deployment, newest, [], late), newest, [], late);
        Assert.Equal("Available=False Progressing=False/ProgressDeadlineExceeded", Print(stuck));

        deployment = deployment with { Metadata = deployment.Metadata with { Generation = 2 }, Status = stuck };
        DeploymentStatus again = DeploymentProgress.Judge(deployment, DeploymentProgress.Count(deployment, newest, [], late), newest, [], late);
        Assert.Equal("Available=False Progressing=True/ReplicaSetUpdated", Print(again));
    }

    [Fact]
    public void A_set_that_is_newest_again_keeps_the_revisions_that_it_had()
    {
        Deployment deployment = Make.Deployment(3);
        Dictionary<string, string> annotations = new() { [Revision.Annotation] = "1" };

        annotations = Revision.ForNewest(deployment, annotations, 3);
        annotations = Revision.ForNewest(deployment, annotations, 5);

        Assert.Equal("5", annotations[Revision.Annotation]);
        Assert.Equal("1,3", annotations[Revision.HistoryAnnotation]);
    }

    private static string Print(IEnumerable<Resize> step) => string.Join(' ', step.Select(resize => $"{resize.Set.Metadata.Name}={resize.Replicas}"));

    private static string Print(DeploymentStatus status) => string.Join(' ', status.Conditions.Select(condition => condition.Type == "Available" ? $"Available={condition.Status}" : $"{condition.Type}={condition.Status}/{condition.Reason}"));

    private static ReplicaSet Settle(ReplicaSet set) => set with { Status = set.Status with { Replicas = set.Spec.Replicas!.Value, AvailableReplicas = set.Spec.Replicas!.Value } };
}
