using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;

namespace Fairlead.Kubernetes;

/// <summary>
/// Talks to an API server. Every method throws <see cref="KubernetesException"/> where the server refuses, <see cref="HttpRequestException"/>
/// where it cannot be reached, and <see cref="TimeoutException"/> where it does not answer in time. Safe for any number of threads.
/// </summary>
public sealed partial class KubernetesClient : IDisposable
{
    private const int PageSize = 500;

    private readonly HttpClient _http;

    /// <summary>A client with these options.</summary>
    public KubernetesClient(KubernetesClientOptions options)
        : this(options, TransportFactory.Create(options))
    {
    }

    /// <summary>A client over a given transport: for tests, and for servers in the same process.</summary>
    /// <param name="options">The options; what concerns TLS is up to the transport.</param>
    /// <param name="transport">Sends the requests; disposed of with the client.</param>
    public KubernetesClient(KubernetesClientOptions options, HttpMessageHandler transport)
    {
        Options = options;
        _http = new HttpClient(transport)
        {
            BaseAddress = options.Server,
            Timeout = Timeout.InfiniteTimeSpan,
            DefaultRequestVersion = System.Net.HttpVersion.Version20,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionOrLower,
        };
        _http.DefaultRequestHeaders.UserAgent.ParseAdd(options.UserAgent);
        if (options.Token is not null)
        {
            _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", options.Token);
        }
    }

    /// <summary>What the client was made with.</summary>
    public KubernetesClientOptions Options { get; }

    /// <summary>The HTTP client beneath, with base address, credentials and trust: for subresources that stream.</summary>
    public HttpClient Http => _http;

    /// <summary>A client from a kubeconfig file; see <see cref="KubernetesClientOptions.FromKubeconfig"/>.</summary>
    public static KubernetesClient FromKubeconfig(string? path = null, string? context = null) => new(KubernetesClientOptions.FromKubeconfig(path, context));

    /// <summary>A client with the identity of the pod that this process runs in.</summary>
    public static KubernetesClient InCluster() => new(KubernetesClientOptions.InCluster());

    /// <summary>The transport that a client makes for itself, to be wrapped.</summary>
    public static HttpMessageHandler CreateTransport(KubernetesClientOptions options) => TransportFactory.Create(options);

    /// <summary>Reads one object.</summary>
    /// <param name="key">Where it is; without namespace for objects of the whole cluster.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public Task<T> GetAsync<T>(ObjectKey key, CancellationToken cancellationToken = default)
        where T : class, IKubernetesObject<T> =>
        SendAsync(HttpMethod.Get, T.ResourceKind.Definition.Path(key.Namespace, key.Name), null, T.ResourceKind.Item, cancellationToken);

    /// <summary>Reads one object, or null where there is none.</summary>
    public async Task<T?> FindAsync<T>(ObjectKey key, CancellationToken cancellationToken = default)
        where T : class, IKubernetesObject<T>
    {
        try
        {
            return await GetAsync<T>(key, cancellationToken).ConfigureAwait(false);
        }
        catch (KubernetesException e) when (e.IsNotFound)
        {
            return null;
        }
    }

    /// <summary>Lists all objects, page by page, as of one revision.</summary>
    public Task<KubernetesList<T>> ListAsync<T>(ListOptions? options = null, CancellationToken cancellationToken = default)
        where T : class, IKubernetesObject<T> => ListAsync(T.ResourceKind, options, cancellationToken);

    /// <summary>Lists all objects of a resource, page by page, as of one revision.</summary>
    public async Task<KubernetesList<T>> ListAsync<T>(ResourceKind<T> kind, ListOptions? options = null, CancellationToken cancellationToken = default)
        where T : class, IKubernetesObject
    {
        List<T> items = [];
        string revision = await ListAsync(kind, options, items.Add, cancellationToken).ConfigureAwait(false);
        return new() { Metadata = new() { ResourceVersion = revision }, Items = items };
    }

    /// <summary>As the other, for those who don't keep the objects: each is told as it is decoded, and the next page is under way meanwhile.</summary>
    /// <param name="kind">The resource.</param>
    /// <param name="options">Which objects.</param>
    /// <param name="item">Told of each object, also where a later page can't be had.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The revision.</returns>
    public async Task<string> ListAsync<T>(ResourceKind<T> kind, ListOptions? options, Action<T> item, CancellationToken cancellationToken = default)
        where T : class, IKubernetesObject
    {
        options ??= new ListOptions();
        string path = kind.Definition.Path(options.Namespace);
        Task<ListPage>? next = ReadPageAsync(path + options.Query($"limit={PageSize}"), cancellationToken);
        string revision = "";
        while (next is not null)
        {
            using ListPage page = await next.ConfigureAwait(false);
            revision = page.Metadata.ResourceVersion;
            next = page.Metadata.Continue.Length == 0
                ? null
                : ReadPageAsync(path + options.Query($"limit={PageSize}&continue={Uri.EscapeDataString(page.Metadata.Continue)}"), cancellationToken);
            try
            {
                page.ReadItems(kind.Item, item);
            }
            catch
            {
                if (next is not null)
                {
                    await DropAsync(next).ConfigureAwait(false);
                }

                throw;
            }
        }

        return revision;
    }

    /// <summary>Creates an object and returns it as the server stored it.</summary>
    public Task<T> CreateAsync<T>(T item, CancellationToken cancellationToken = default)
        where T : class, IKubernetesObject<T> =>
        SendAsync(HttpMethod.Post, T.ResourceKind.Definition.Path(item.Metadata.Namespace), Json(item, T.ResourceKind.Item), T.ResourceKind.Item, cancellationToken);

    /// <summary>Creates an object from JSON, so that nothing that Fairlead has no field for is lost.</summary>
    public Task<T> CreateAsync<T>(JsonObject item, string ns, CancellationToken cancellationToken = default)
        where T : class, IKubernetesObject<T> =>
        SendAsync(HttpMethod.Post, T.ResourceKind.Definition.Path(ns), Json(item), T.ResourceKind.Item, cancellationToken);

    /// <summary>Posts to a subresource, such as a pod's binding or a service account's token.</summary>
    public Task<TResult> CreateSubresourceAsync<T, TResult>(ObjectKey key, string subresource, TResult body, CancellationToken cancellationToken = default)
        where T : class, IKubernetesObject<T>
        where TResult : class, IKubernetesObject<TResult> =>
        SendAsync(HttpMethod.Post, T.ResourceKind.Definition.Path(key.Namespace, key.Name, subresource), Json(body, TResult.ResourceKind.Item), TResult.ResourceKind.Item, cancellationToken);

    /// <summary>Replaces an object whole. Only for what the caller owns whole: fields that Fairlead has no type for are lost.</summary>
    /// <param name="item">The object; its resourceVersion, where given, must still be the current one.</param>
    /// <param name="subresource">For example <c>status</c>.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public Task<T> ReplaceAsync<T>(T item, string? subresource = null, CancellationToken cancellationToken = default)
        where T : class, IKubernetesObject<T> =>
        SendAsync(HttpMethod.Put, T.ResourceKind.Definition.Path(item.Metadata.Namespace, item.Metadata.Name, subresource), Json(item, T.ResourceKind.Item), T.ResourceKind.Item, cancellationToken);

    /// <summary>Changes an object.</summary>
    /// <param name="key">Where it is.</param>
    /// <param name="patch">The change.</param>
    /// <param name="subresource">For example <c>status</c>.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public Task<T> PatchAsync<T>(ObjectKey key, Patch patch, string? subresource = null, CancellationToken cancellationToken = default)
        where T : class, IKubernetesObject<T> => PatchAsync(T.ResourceKind, key, patch, subresource, cancellationToken);

    /// <summary>Changes an object of any resource.</summary>
    public Task<T> PatchAsync<T>(ResourceKind<T> kind, ObjectKey key, Patch patch, string? subresource = null, CancellationToken cancellationToken = default)
        where T : class, IKubernetesObject
    {
        string path = kind.Definition.Path(key.Namespace, key.Name, subresource);
        if (patch.Query is not null)
        {
            path += $"?{patch.Query}";
        }

        ByteArrayContent content = new(patch.Body);
        content.Headers.ContentType = new MediaTypeHeaderValue(patch.ContentType);
        return SendAsync(HttpMethod.Patch, path, content, kind.Item, cancellationToken);
    }

    /// <summary>
    /// Writes the difference between two versions of an object as a merge patch, so that fields that Fairlead has no type for stay as they are.
    /// </summary>
    /// <param name="current">The object as it was read; the write fails with a conflict where somebody wrote since.</param>
    /// <param name="desired">The object as it should be.</param>
    /// <param name="subresource">For example <c>status</c>, where only that part differs.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The object as stored, or null where nothing differs and nothing was sent.</returns>
    public async Task<T?> UpdateAsync<T>(T current, T desired, string? subresource = null, CancellationToken cancellationToken = default)
        where T : class, IKubernetesObject<T>
    {
        JsonObject? patch = MergePatch.Difference(current, desired, locked: true);
        return patch is null ? null : await PatchAsync<T>(current.Metadata.Key, Patch.Merge(patch), subresource, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Deletes an object. What does not exist throws: whether that matters is the caller's to say.</summary>
    public Task DeleteAsync<T>(ObjectKey key, DeleteOptions? options = null, CancellationToken cancellationToken = default)
        where T : class, IKubernetesObject<T> => DeleteAsync(T.ResourceKind.Definition, key, options, cancellationToken);

    /// <summary>Deletes an object of any resource.</summary>
    public async Task DeleteAsync(ResourceDefinition resource, ObjectKey key, DeleteOptions? options = null, CancellationToken cancellationToken = default)
    {
        HttpContent? content = options is null ? null : Json(options, KubernetesJson.TypeInfo<DeleteOptions>());
        using HttpResponseMessage response = await SendAsync(HttpMethod.Delete, resource.Path(key.Namespace, key.Name), content, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Deletes all objects that the options select.</summary>
    public async Task DeleteCollectionAsync(ResourceDefinition resource, ListOptions options, DeleteOptions? deleteOptions = null, CancellationToken cancellationToken = default)
    {
        HttpContent? content = deleteOptions is null ? null : Json(deleteOptions, KubernetesJson.TypeInfo<DeleteOptions>());
        using HttpResponseMessage response = await SendAsync(HttpMethod.Delete, resource.Path(options.Namespace) + options.Query(), content, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>All resources that the server knows, in their preferred versions.</summary>
    public async Task<IReadOnlyList<(ResourceDefinition Definition, ApiResource Resource)>> DiscoverAsync(CancellationToken cancellationToken = default)
    {
        ApiGroupList groups = await SendAsync(HttpMethod.Get, "/apis", null, KubernetesJson.TypeInfo<ApiGroupList>(), cancellationToken).ConfigureAwait(false);
        List<string> paths = ["/api/v1"];
        paths.AddRange(groups.Groups.Where(group => group.PreferredVersion is not null).Select(group => $"/apis/{group.PreferredVersion!.GroupVersion}"));
        ApiResourceList?[] lists = await Task.WhenAll(paths.Select(path => TryDiscoverAsync(path, cancellationToken))).ConfigureAwait(false);
        List<(ResourceDefinition, ApiResource)> found = [];
        foreach (ApiResourceList? list in lists)
        {
            foreach (ApiResource resource in list?.Resources ?? [])
            {
                string[] parts = list!.GroupVersion.Split('/');
                (string group, string version) = parts.Length == 2 ? (parts[0], parts[1]) : ("", parts[0]);
                found.Add((new ResourceDefinition(group, version, resource.Name, resource.Kind, resource.Namespaced), resource));
            }
        }

        return found;
    }

    /// <summary>Sends anything and reads any JSON.</summary>
    /// <param name="method">The HTTP method.</param>
    /// <param name="path">Path and query.</param>
    /// <param name="body">The body, or null.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public Task<JsonObject> SendJsonAsync(HttpMethod method, string path, JsonNode? body = null, CancellationToken cancellationToken = default) =>
        SendAsync(method, path, body is null ? null : Json(body), KubernetesJson.TypeInfo<JsonObject>(), cancellationToken);

    /// <summary>Sends anything; a refusal throws, and the caller reads and disposes of the answer.</summary>
    public Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, HttpContent? content, CancellationToken cancellationToken = default) =>
        InTimeAsync(method, path, limited => StartAsync(method, path, content, HttpCompletionOption.ResponseContentRead, limited), cancellationToken);

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    private async Task<ApiResourceList?> TryDiscoverAsync(string path, CancellationToken cancellationToken)
    {
        try
        {
            return await SendAsync(HttpMethod.Get, path, null, KubernetesJson.TypeInfo<ApiResourceList>(), cancellationToken).ConfigureAwait(false);
        }
        catch (KubernetesException)
        {
            // A group whose server is away must not hide the others.
            return null;
        }
    }

    private async Task<TResult> SendAsync<TResult>(HttpMethod method, string path, HttpContent? content, JsonTypeInfo<TResult> result, CancellationToken cancellationToken)
    {
        using HttpResponseMessage response = await SendAsync(method, path, content, cancellationToken).ConfigureAwait(false);
        Stream body = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        await using (body.ConfigureAwait(false))
        {
            return await JsonSerializer.DeserializeAsync(body, result, cancellationToken).ConfigureAwait(false)
                ?? throw new JsonException($"{method} {path}: the answer is null.");
        }
    }

    private Task<ListPage> ReadPageAsync(string path, CancellationToken cancellationToken) => InTimeAsync(
        HttpMethod.Get,
        path,
        async limited =>
        {
            using HttpResponseMessage response = await StartAsync(HttpMethod.Get, path, null, HttpCompletionOption.ResponseHeadersRead, limited).ConfigureAwait(false);
            Stream body = await response.Content.ReadAsStreamAsync(limited).ConfigureAwait(false);
            await using (body.ConfigureAwait(false))
            {
                return await ListPage.ReadAsync(body, limited).ConfigureAwait(false);
            }
        },
        cancellationToken);

    /// <summary>Waits for a page that nobody wants any more; what it failed of isn't worth telling.</summary>
    private static async Task DropAsync(Task<ListPage> page)
    {
        await ((Task)page).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (page.IsCompletedSuccessfully)
        {
            (await page.ConfigureAwait(false)).Dispose();
        }
    }

    private async Task<TResult> InTimeAsync<TResult>(HttpMethod method, string path, Func<CancellationToken, Task<TResult>> send, CancellationToken cancellationToken)
    {
        using CancellationTokenSource timeout = new(Options.RequestTimeout, Options.TimeProvider);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            return await send(either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (timeout.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException($"{method} {path}: no answer within {Options.RequestTimeout.TotalSeconds:0} s.");
        }
    }

    private async Task<HttpResponseMessage> StartAsync(HttpMethod method, string path, HttpContent? content, HttpCompletionOption completion, CancellationToken cancellationToken)
    {
        using HttpRequestMessage request = new(method, path) { Content = content, Version = _http.DefaultRequestVersion, VersionPolicy = _http.DefaultVersionPolicy };
        request.Headers.Accept.ParseAdd("application/json");
        HttpResponseMessage response = await _http.SendAsync(request, completion, cancellationToken).ConfigureAwait(false);
        if (response.IsSuccessStatusCode)
        {
            return response;
        }

        using (response)
        {
            byte[] body = await response.Content.ReadAsByteArrayAsync(cancellationToken).ConfigureAwait(false);
            throw new KubernetesException($"{method} {path}", ReadStatus(body, (int)response.StatusCode));
        }
    }

    private static KubernetesStatus ReadStatus(byte[] body, int code)
    {
        try
        {
            KubernetesStatus? status = JsonSerializer.Deserialize(body, KubernetesJson.TypeInfo<KubernetesStatus>());
            if (status is not null && (status.Reason is not null || status.Message is not null))
            {
                return status with { Code = status.Code ?? code };
            }
        }
        catch (JsonException)
        {
            // Proxies and old paths answer in plain text; the text then is the message.
        }

        return new KubernetesStatus { Status = "Failure", Code = code, Message = $"{code} {System.Text.Encoding.UTF8.GetString(body.AsSpan(0, Math.Min(body.Length, 300))).Trim()}" };
    }

    private static ByteArrayContent Json<T>(T value, JsonTypeInfo<T> type) => Content(JsonSerializer.SerializeToUtf8Bytes(value, type));

    private static ByteArrayContent Json(JsonNode value) => Content(JsonSerializer.SerializeToUtf8Bytes(value, KubernetesJson.TypeInfo<JsonNode>()));

    private static ByteArrayContent Content(byte[] json)
    {
        ByteArrayContent content = new(json);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        return content;
    }
}
