using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json.Nodes;
using Fairlead.ControlPlane.Schema;
using Fairlead.ControlPlane.Schema.Apply;

namespace Fairlead.ControlPlane.Tests.Schema;

/// <summary>
/// Witness: random sequences of updates and applies, beside what sigs.k8s.io/structured-merge-diff 6.4 made of them (tools/apply-oracle):
/// the object, every owner's fields and every conflict after each step.
/// </summary>
public class ServerSideApplyWitness
{
    public static TheoryData<int> Cases() => [.. Enumerable.Range(0, Lines("cases.jsonl").Length)];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Each_step_ends_as_in_Kubernetes_own_library(int number)
    {
        JsonObject given = Parse(Lines("cases.jsonl")[number]).AsObject();
        JsonArray expected = Parse(Lines("expected.jsonl")[number]).AsArray();
        string apiVersion = given["apiVersion"]!.GetValue<string>();
        string kind = given["kind"]!.GetValue<string>();
        FieldManagerContext context = new(
            ApplySchema.Of(SchemaRegistry.Default.Find(apiVersion, kind)!), apiVersion, kind, "", FieldSet.Empty, given["zero"]!.AsObject());
        JsonObject? live = null;
        for (int step = 0; step < expected.Count; step++)
        {
            JsonNode operation = given["ops"]![step]!;
            JsonObject value = (JsonObject)operation["object"]!.DeepClone();
            string manager = operation["manager"]!.GetValue<string>();
            string? conflicts = null;
            try
            {
                if (operation["op"]!.GetValue<string>() == "update")
                {
                    FieldManager.Update(context, live, value, manager, DateTimeOffset.UnixEpoch);
                    live = value;
                }
                else
                {
                    live = FieldManager.Apply(context, live, value, manager, operation["op"]!.GetValue<string>() == "force", DateTimeOffset.UnixEpoch);
                }
            }
            catch (ApplyConflictException refused)
            {
                conflicts = string.Join('\n', refused.Conflicts.Select(static c => $"{c.Owner.Manager} {c.Field}").Order(StringComparer.Ordinal));
            }

            Check(expected[step]!.AsObject(), conflicts, live!);
        }
    }

    private static void Check(JsonObject expected, string? conflicts, JsonObject live)
    {
        Assert.Equal(expected["conflicts"]?.GetValue<string>(), conflicts);
        JsonObject actual = (JsonObject)live.DeepClone();
        JsonArray managed = actual["metadata"]!["managedFields"]?.DeepClone().AsArray() ?? [];
        actual["metadata"]!.AsObject().Remove("managedFields");
        Assert.True(JsonValues.Same(expected["live"], actual), $"expected {expected["live"]!.ToJsonString()}\nbut got  {actual.ToJsonString()}");
        Assert.Equal(
            expected["managers"]!.AsObject().Select(static m => $"{m.Key} {Owned(m.Value)}").Where(static text => !text.EndsWith(" {}", StringComparison.Ordinal)).Order(StringComparer.Ordinal),
            managed.Select(static m => $"{m!["manager"]} {Owned(m["fieldsV1"])}").Order(StringComparer.Ordinal));
    }

    /// <summary>The library knows nothing of identity, which Kubernetes takes out of every set afterwards.</summary>
    private static string Owned(JsonNode? fields)
    {
        JsonObject set = (JsonObject)fields!.DeepClone();
        set.Remove("f:apiVersion");
        set.Remove("f:kind");
        if (set["f:metadata"] is JsonObject metadata)
        {
            metadata.Remove("f:name");
            metadata.Remove(".");
            if (metadata.Count == 0)
            {
                set.Remove("f:metadata");
            }
        }

        return set.ToJsonString(KubernetesText.Options);
    }

    private static JsonNode Parse(string line) => UntypedJson.Parse(Encoding.UTF8.GetBytes(line))!;

    private static string[] Lines(string file, [CallerFilePath] string here = "") =>
        File.ReadAllLines(Path.Combine(Path.GetDirectoryName(here)!, "Cases", "ServerSideApply", file));
}
