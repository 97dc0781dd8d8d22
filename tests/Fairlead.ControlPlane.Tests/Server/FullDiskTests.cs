using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Fairlead.TestSupport;

namespace Fairlead.ControlPlane.Tests.Server;

/// <summary>A disk that has no space left, and gets some again.</summary>
[Trait("Category", "Root")]
public sealed class FullDiskTests
{
    private const string ConfigMaps = "/api/v1/namespaces/default/configmaps";

    [Fact]
    public async Task Writes_fail_with_a_reason_reads_go_on_and_all_is_well_when_space_returns()
    {
        RequireRoot.OrFail();
        var directory = Directory.CreateTempSubdirectory("fairlead-api-disk-");
        try
        {
            using var server = await ServeProcess.StartOnSmallDiskAsync(directory.FullName, 8 << 20);
            using var client = server.NewClient();
            var ballast = Path.Combine(server.DataDirectory, "ballast");
            var (written, refusal) = await FillAsync(client, ballast);

            Assert.Equal(HttpStatusCode.InternalServerError, refusal.Code);
            Assert.Equal("InternalError", refusal.Status["reason"]!.GetValue<string>());
            Assert.Contains("full", refusal.Status["message"]!.GetValue<string>(), StringComparison.Ordinal);
            var names = await NamesAsync(client);
            Assert.Equal(written, names.Where(name => name.StartsWith("cm-", StringComparison.Ordinal)).Order(StringComparer.Ordinal));

            File.Delete(ballast);
            var (code, status) = await CreateAsync(client, "after");
            Assert.True(code == HttpStatusCode.Created, status.ToJsonString());
            Assert.True(Revision(status) > 0);
            using var gone = await client.DeleteAsync($"{ConfigMaps}/{written[0]}", TestContext.Current.CancellationToken);
            Assert.Equal(HttpStatusCode.OK, gone.StatusCode);
            Assert.Equal([.. written.Skip(1).Append("after").Order(StringComparer.Ordinal)], (await NamesAsync(client)).Where(name => name is not "kube-root-ca.crt").Order(StringComparer.Ordinal));
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    /// <summary>Takes the disk's space away and writes until a write is refused: what was written, and the refusal.</summary>
    private static async Task<(List<string> Written, (HttpStatusCode Code, JsonNode Status) Refusal)> FillAsync(HttpClient client, string ballast)
    {
        List<string> written = [];
        using (var file = File.Create(ballast, bufferSize: 0))
        {
            try
            {
                while (true)
                {
                    file.Write(new byte[4096]);
                }
            }
            catch (IOException)
            {
                // Full.
            }

            // Room for a few writes.
            file.SetLength(Math.Max(0, file.Length - (256 << 10)));
        }

        for (var i = 0; i < 1000; i++)
        {
            var answer = await CreateAsync(client, $"cm-{i:D4}");
            if (answer.Code != HttpStatusCode.Created)
            {
                return (written, answer);
            }

            written.Add($"cm-{i:D4}");
        }

        throw new InvalidOperationException("a thousand writes went to a full disk");
    }

    private static async Task<(HttpStatusCode Code, JsonNode Status)> CreateAsync(HttpClient client, string name)
    {
        using var body = new StringContent($$$"""{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"{{{name}}}"},"data":{"a":"{{{new string('x', 10_000)}}}"}}""", Encoding.UTF8, "application/json");
        using var response = await client.PostAsync(ConfigMaps, body, TestContext.Current.CancellationToken);
        return (response.StatusCode, JsonNode.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))!);
    }

    private static async Task<List<string>> NamesAsync(HttpClient client) =>
        [.. JsonNode.Parse(await client.GetStringAsync(ConfigMaps, TestContext.Current.CancellationToken))!["items"]!.AsArray().Select(item => item!["metadata"]!["name"]!.GetValue<string>())];

    private static long Revision(JsonNode value) => long.Parse(value["metadata"]!["resourceVersion"]!.GetValue<string>(), System.Globalization.CultureInfo.InvariantCulture);
}
