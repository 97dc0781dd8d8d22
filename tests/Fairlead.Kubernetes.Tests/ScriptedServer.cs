using System.Net;
using System.Text;
using System.Threading.Channels;

namespace Fairlead.Kubernetes.Tests;

/// <summary>An API server that answers what the test says, in order, and lets the test write into open watches.</summary>
internal sealed class ScriptedServer : HttpMessageHandler
{
    private readonly Channel<string> _requests = Channel.CreateUnbounded<string>();
    private readonly Channel<Func<HttpResponseMessage>> _answers = Channel.CreateUnbounded<Func<HttpResponseMessage>>();

    public KubernetesClient Client => new(new KubernetesClientOptions { Server = new Uri("https://server.test") }, this);

    /// <summary>The next request: method, path and query without the watch's random timeout.</summary>
    public async Task<string> NextRequestAsync() => await _requests.Reader.ReadAsync(TestContext.Current.CancellationToken);

    public void Answer(string json, int status = 200) => _answers.Writer.TryWrite(() => new HttpResponseMessage((HttpStatusCode)status) { Content = new StringContent(json, Encoding.UTF8, "application/json") });

    /// <summary>Answers with a stream that stays open.</summary>
    public WatchStream AnswerWatch()
    {
        WatchStream stream = new();
        _answers.Writer.TryWrite(() => new HttpResponseMessage(HttpStatusCode.OK) { Content = new StreamContent(stream.Reader) });
        return stream;
    }

    public void Refuse() => _answers.Writer.TryWrite(() => throw new HttpRequestException("connection refused"));

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        string query = string.Join('&', request.RequestUri!.Query.TrimStart('?').Split('&').Where(part => part.Length > 0 && !part.StartsWith("timeoutSeconds", StringComparison.Ordinal) && !part.StartsWith("limit", StringComparison.Ordinal) && part != "allowWatchBookmarks=true"));
        string body = request.Content is null ? "" : " " + await request.Content.ReadAsStringAsync(cancellationToken);
        _requests.Writer.TryWrite($"{request.Method} {request.RequestUri.AbsolutePath}{(query.Length > 0 ? "?" : "")}{query}{body}");
        return (await _answers.Reader.ReadAsync(cancellationToken))();
    }
}

/// <summary>The server's end of a watch.</summary>
internal sealed class WatchStream
{
    private readonly System.IO.Pipelines.Pipe _pipe = new();

    public Stream Reader => _pipe.Reader.AsStream();

    public async Task WriteAsync(string text) => await _pipe.Writer.WriteAsync(Encoding.UTF8.GetBytes(text), TestContext.Current.CancellationToken);

    public void End() => _pipe.Writer.Complete();
}
