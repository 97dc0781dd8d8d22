using System.Collections.Concurrent;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;

namespace Fairlead.ControlPlane.Tests.Server;

/// <summary>kill -9 in the middle of writing, again and again on the same data.</summary>
public sealed class CrashTests
{
    private const string Path = "/api/v1/namespaces/default/configmaps";
    private const int Writers = 8;
    private const int Rounds = 3;

    [Fact]
    public async Task No_acknowledged_write_is_lost_and_the_revision_never_goes_back()
    {
        var directory = Directory.CreateTempSubdirectory("fairlead-api-crash-").FullName;
        ConcurrentDictionary<string, long> alive = new();
        ConcurrentDictionary<string, byte> uncertain = new();
        long highest = 0;
        for (var round = 0; round < Rounds; round++)
        {
            using var server = await ServeProcess.StartAsync(directory);
            using var client = server.NewClient();
            highest = Math.Max(highest, await CheckAsync(client, alive, uncertain, highest));
            var before = alive.Count;
            var writing = Task.WhenAll(Enumerable.Range(0, Writers).Select(writer => WriteAsync(client, $"r{round}-w{writer}", alive, uncertain)));

            // Under load, however slow the machine is.
            while (alive.Count < before + 100 && !writing.IsCompleted)
            {
                await Task.Delay(10, TestContext.Current.CancellationToken);
            }

            server.Kill();
            await writing;
            highest = Math.Max(highest, alive.Values.Max());
        }

        using (var last = await ServeProcess.StartAsync(directory))
        {
            using var client = last.NewClient();
            await CheckAsync(client, alive, uncertain, highest);
        }

        Directory.Delete(directory, recursive: true);
    }

    /// <summary>Creates, changes and deletes until the server is gone; what was acknowledged is in <paramref name="alive"/>.</summary>
    private static async Task WriteAsync(HttpClient client, string prefix, ConcurrentDictionary<string, long> alive, ConcurrentDictionary<string, byte> uncertain)
    {
        for (var i = 0; ; i++)
        {
            var name = $"{prefix}-{i}";
            try
            {
                uncertain[name] = 0;
                using var body = new StringContent($$$"""{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"{{{name}}}"},"data":{"a":"b"}}""", Encoding.UTF8, "application/json");
                using var created = await client.PostAsync(Path, body);
                if (created.StatusCode != HttpStatusCode.Created)
                {
                    continue;
                }

                alive[name] = Revision(await created.Content.ReadAsStringAsync());
                uncertain.TryRemove(name, out _);
                if (i % 3 == 2)
                {
                    var victim = $"{prefix}-{i - 2}";
                    uncertain[victim] = 0;
                    using var deleted = await client.DeleteAsync($"{Path}/{victim}");
                    if (deleted.IsSuccessStatusCode)
                    {
                        alive.TryRemove(victim, out _);
                        uncertain[victim] = 1;
                    }
                }
            }
            catch (HttpRequestException)
            {
                return;
            }
            catch (IOException)
            {
                return;
            }
        }
    }

    private static long Revision(string json) => long.Parse(JsonNode.Parse(json)!["metadata"]!["resourceVersion"]!.GetValue<string>());

    private static async Task<long> CheckAsync(HttpClient client, ConcurrentDictionary<string, long> alive, ConcurrentDictionary<string, byte> uncertain, long highest)
    {
        var list = JsonNode.Parse(await client.GetStringAsync(Path, TestContext.Current.CancellationToken))!;
        var revision = long.Parse(list["metadata"]!["resourceVersion"]!.GetValue<string>());
        Assert.True(revision >= highest, $"the revision went back from {highest} to {revision}");
        var found = list["items"]!.AsArray().ToDictionary(
            item => item!["metadata"]!["name"]!.GetValue<string>(), item => long.Parse(item!["metadata"]!["resourceVersion"]!.GetValue<string>()));
        foreach (var (name, written) in alive)
        {
            if (uncertain.ContainsKey(name))
            {
                // Its deletion was under way when the server died: both outcomes are right, and now it is known which.
                if (!found.ContainsKey(name))
                {
                    alive.TryRemove(name, out _);
                }

                continue;
            }

            Assert.True(found.TryGetValue(name, out var stored) && stored == written, $"{name} was acknowledged at {written} and is {(stored == 0 ? "lost" : $"at {stored}")}");
        }

        foreach (var (name, state) in uncertain)
        {
            Assert.False(state == 1 && found.ContainsKey(name), $"{name} was deleted, acknowledged, and is back");
        }

        uncertain.Clear();
        using var response = await client.GetAsync($"{Path}?watch=1&resourceVersion={highest}&timeoutSeconds=1", TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return revision;
    }
}
