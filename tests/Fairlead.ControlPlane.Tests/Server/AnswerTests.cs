using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Fairlead.ControlPlane.Tests.Server;

/// <summary>Sends what was once sent to kube-apiserver 1.36, and compares with what that answered (answers.txt, in its order, on one server).</summary>
public sealed class AnswerTests
{
    private sealed record Row(string Name, string Method, string Path, IReadOnlyList<string> First, Dictionary<string, string> Options, string? Body, int Code, JsonNode? Answer);

    /// <summary>What the last list answered as its continue token; rows name it <c>{continue}</c>.</summary>
    private string _continue = "";

    [Fact]
    public async Task Answers_are_kube_apiservers()
    {
        await using var server = await TestServer.StartAsync();
        List<string> differences = [];
        foreach (var row in Rows())
        {
            foreach (var first in row.First)
            {
                var parts = first.Split(' ', 3);
                await server.SendAsync(parts[0], parts[1], parts.ElementAtOrDefault(2));
            }

            var (code, answer) = await SendAsync(server, row, differences);
            if (code != row.Code)
            {
                differences.Add($"{row.Name}: status {code} instead of {row.Code}: {answer}");
                continue;
            }

            if (row.Options.TryGetValue("only", out var only) && answer is JsonObject or JsonArray)
            {
                answer = only == "message" ? new JsonObject { ["message"] = answer["message"]?.DeepClone() } : Part(answer, only);
            }

            Compare(row.Name, row.Answer, answer, differences);
        }

        Assert.True(differences.Count == 0, string.Join('\n', differences));
    }

    private static JsonNode? Part(JsonNode? whole, string path)
    {
        foreach (var name in path.Split('.'))
        {
            whole = whole is JsonArray list ? list[int.Parse(name)] : whole?[name];
        }

        return whole;
    }

    private static IEnumerable<Row> Rows()
    {
        using var stream = typeof(AnswerTests).Assembly.GetManifestResourceStream("answers.txt")!;
        using StreamReader reader = new(stream);
        foreach (var block in reader.ReadToEnd().Split("\n\n").Where(block => block.StartsWith("== ", StringComparison.Ordinal)))
        {
            var lines = block.Split('\n', StringSplitOptions.RemoveEmptyEntries);
            var request = lines[1].Split(' ', 2);
            var arrow = Array.FindIndex(lines, line => line.StartsWith("-> ", StringComparison.Ordinal));
            Dictionary<string, string> options = [];
            List<string> first = [];
            string? body = null;
            foreach (var line in lines.AsSpan(2, arrow - 2))
            {
                var colon = line.IndexOf(": ", StringComparison.Ordinal);
                if (line.StartsWith("first: ", StringComparison.Ordinal))
                {
                    first.Add(line["first: ".Length..]);
                }
                else if (colon > 0 && line[..colon] is "content-type" or "accept" or "bearer" or "only" or "header")
                {
                    options[line[..colon]] = line[(colon + 2)..];
                }
                else
                {
                    body = line;
                }
            }

            yield return new Row(lines[0][3..], request[0], request[1], first, options, body, int.Parse(lines[arrow][3..]), lines.Length > arrow + 1 ? Stream(string.Join('\n', lines[(arrow + 1)..])) : null);
        }
    }

    /// <summary>One document, or an array of the documents that stand in lines.</summary>
    private static JsonNode? Stream(string text) => text.TrimEnd().Split('\n') is { Length: > 1 } lines && text[0] == '{'
        ? new JsonArray([.. lines.Select(line => JsonNode.Parse(line))])
        : text.Length > 0 && text[0] is '{' or '[' or '"' ? JsonNode.Parse(text) : text.Length == 0 ? null : JsonValue.Create(text);

    private async Task<(int, JsonNode?)> SendAsync(TestServer server, Row row, List<string> differences)
    {
        using HttpRequestMessage request = new(new HttpMethod(row.Method), row.Path.Replace("{continue}", _continue, StringComparison.Ordinal));
        request.Headers.UserAgent.ParseAdd("Python-urllib/3.11");
        if (row.Options.TryGetValue("accept", out var accept))
        {
            request.Headers.Accept.ParseAdd(accept);
        }

        if (row.Options.TryGetValue("bearer", out var token))
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        }

        if (row.Body is not null)
        {
            request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(row.Body));
            request.Content.Headers.ContentType = MediaTypeHeaderValue.Parse(row.Options.GetValueOrDefault("content-type", "application/json"));
        }

        using var response = await server.Client.SendAsync(request, TestContext.Current.CancellationToken);
        if (row.Options.TryGetValue("header", out var header))
        {
            var headers = response.Headers.NonValidated.Concat(response.Content.Headers.NonValidated).ToDictionary(pair => pair.Key, pair => string.Join(", ", pair.Value), StringComparer.OrdinalIgnoreCase);
            foreach (var wanted in header.Split(" & "))
            {
                var equals = wanted.IndexOf('=', StringComparison.Ordinal);
                Compare($"{row.Name}: header {wanted[..equals]}", JsonValue.Create(wanted[(equals + 1)..]), JsonValue.Create(headers.GetValueOrDefault(wanted[..equals], "(none)")), differences);
            }
        }

        var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        var answer = Stream(text);
        if (answer is JsonObject list && list["metadata"] is JsonObject metadata && metadata["continue"] is { } next)
        {
            _continue = next.GetValue<string>();
        }

        return ((int)response.StatusCode, answer);
    }

    private static void Compare(string path, JsonNode? expected, JsonNode? actual, List<string> differences)
    {
        switch (expected, actual)
        {
            case (JsonValue star, not null) when star.GetValueKind() == JsonValueKind.String && star.GetValue<string>() == "*":
                return;
            case (JsonObject wanted, JsonObject given):
                foreach (var name in wanted.Select(pair => pair.Key).Union(given.Select(pair => pair.Key)))
                {
                    if (!wanted.ContainsKey(name))
                    {
                        differences.Add($"{path}.{name}: too much: {given[name]?.ToJsonString()}");
                    }
                    else if (!given.ContainsKey(name))
                    {
                        differences.Add($"{path}.{name}: missing: {wanted[name]?.ToJsonString()}");
                    }
                    else
                    {
                        Compare($"{path}.{name}", wanted[name], given[name], differences);
                    }
                }

                return;
            case (JsonArray wanted, JsonArray given) when wanted.Count == given.Count:
                for (var i = 0; i < wanted.Count; i++)
                {
                    Compare($"{path}[{i}]", wanted[i], given[i], differences);
                }

                return;
            case (JsonValue wanted, JsonValue given) when wanted.GetValueKind() == JsonValueKind.String && given.GetValueKind() == JsonValueKind.String:
                if (!Fits(wanted.GetValue<string>(), given.GetValue<string>()))
                {
                    differences.Add($"{path}: '{given}' instead of '{wanted}'");
                }

                return;
            default:
                if (!JsonNode.DeepEquals(expected, actual))
                {
                    differences.Add($"{path}: {actual?.ToJsonString()} instead of {expected?.ToJsonString()}");
                }

                return;
        }
    }

    /// <summary>A star inside a text stands for a word, a number or an identity.</summary>
    private static bool Fits(string pattern, string text) => System.Text.RegularExpressions.Regex.IsMatch(
        text, "^" + System.Text.RegularExpressions.Regex.Escape(pattern).Replace("current:\\ \\*", "current: [0-9]+").Replace("record\\ \\(\\*\\)", "record \\([-0-9a-f]+\\)") + "$");
}
