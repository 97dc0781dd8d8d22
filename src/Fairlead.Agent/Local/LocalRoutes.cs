namespace Fairlead.Agent.Local;

/// <summary>What the agent answers over its local socket: a path and who answers it. Filled before the socket is opened.</summary>
public sealed class LocalRoutes
{
    private readonly SortedDictionary<string, Route> routes = new(StringComparer.Ordinal);

    /// <summary>The paths, in order.</summary>
    public IEnumerable<string> Paths => routes.Keys;

    /// <summary>Answers a path with text.</summary>
    public LocalRoutes Text(string path, Func<LocalRequest, string> answer) =>
        Stream(path, "text/plain; charset=utf-8", request => request.WriteLineAsync(answer(request).TrimEnd('\n')));

    /// <summary>Answers a path with one JSON document or several, a line each.</summary>
    public LocalRoutes Json(string path, Func<LocalRequest, Task> answer) => Stream(path, "application/json", answer);

    /// <summary>Answers a path piece by piece, for as long as <paramref name="answer"/> runs.</summary>
    /// <exception cref="ArgumentException">The path has an answer already.</exception>
    public LocalRoutes Stream(string path, string contentType, Func<LocalRequest, Task> answer)
    {
        routes.Add(path, new(contentType, answer));
        return this;
    }

    internal Route? Find(string path) => routes.GetValueOrDefault(path);

    internal sealed record Route(string ContentType, Func<LocalRequest, Task> Answer);
}
