using Fairlead.ControlPlane.Auth;
using Fairlead.ControlPlane.Authorization;
using Fairlead.ControlPlane.Discovery;
using Fairlead.ControlPlane.Json;
using Fairlead.ControlPlane.Requests;
using Fairlead.ControlPlane.Resources;
using Fairlead.ControlPlane.Storage;
using Fairlead.ControlPlane.Streaming;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Fairlead.ControlPlane.Server;

/// <summary>Every request's way: who, where, what; and the one place where an error becomes an answer.</summary>
internal sealed partial class ApiHandler(
    Authenticator authenticator,
    IAuthorizer authorizer,
    ServiceAccountTokens tokens,
    ResourceRegistry registry,
    DiscoveryDocuments discovery,
    OpenApiDocuments openApi,
    ReadRequests reads,
    WatchRequest watches,
    WriteRequests writes,
    SubresourceRequests subresources,
    ReviewRequests reviews,
    ProxyRequests proxies,
    Func<bool> isBootstrapped,
    ILogger<ApiHandler> logger)
{
    public async Task HandleAsync(HttpContext http)
    {
        http.Response.Headers["Audit-Id"] = Guid.NewGuid().ToString();
        http.Response.Headers.CacheControl = "no-cache, private";
        try
        {
            await RouteAsync(http);
        }
        catch (StatusException exception)
        {
            await FailAsync(http, exception);
        }
        catch (BadHttpRequestException exception)
        {
            await FailAsync(http, exception.StatusCode == 413 ? StatusException.TooLarge() : new StatusException(exception.StatusCode, "BadRequest", exception.Message));
        }
        catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested)
        {
            // The client is gone; nobody waits for an answer.
        }
        catch (IOException) when (http.RequestAborted.IsCancellationRequested)
        {
            // The same, noticed while writing.
        }
        catch (WriteRefusedException exception)
        {
            LogRefused(http.Request.Method, http.Request.Path, exception.Message);
            await FailAsync(http, StatusException.Internal(exception.Message));
        }
#pragma warning disable CA1031 // One request's failure is its own: it is logged, answered, and nobody else notices.
        catch (Exception exception)
        {
            LogFailure(http.Request.Method, http.Request.Path, exception);
            await FailAsync(http, StatusException.Internal(exception.Message));
        }
#pragma warning restore CA1031
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "{Method} {Path} failed unexpectedly")]
    private partial void LogFailure(string method, string path, Exception exception);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Method} {Path}: {Why}. Reads go on, and writes as soon as the disk takes them")]
    private partial void LogRefused(string method, string path, string why);

    private static Task FailAsync(HttpContext http, StatusException exception)
    {
        if (http.Response.HasStarted)
        {
            http.Abort();
            return Task.CompletedTask;
        }

        http.Response.Headers.Remove("Warning");
        return Answers.WriteStatusAsync(http, exception);
    }

    private async Task RouteAsync(HttpContext http)
    {
        var path = http.Request.Path.Value ?? "/";
        var user = authenticator.Authenticate(http) ?? throw StatusException.Unauthorized();
        if (await PublicAsync(http, path))
        {
            return;
        }

        if (user.IsAnonymous)
        {
            throw StatusException.Unauthorized();
        }

        user = Impersonation.Apply(user, http.Request, authorizer);
        var target = RequestTarget.Parse(path);
        var wanted = RequestAttributes.Of(user, http.Request, target);
        if (!authorizer.Decide(wanted).Allowed)
        {
            throw wanted.Refusal();
        }

        switch (path)
        {
            case "/":
                await Answers.WriteNodeAsync(http, 200, new System.Text.Json.Nodes.JsonObject { ["paths"] = RootPaths() });
                return;
            case "/openapi/v2":
                // No Accept header takes JSON, but kubectl names protobuf, in two spellings.
                var protobuf = http.Request.Headers.Accept.ToString().Contains("protobuf", StringComparison.Ordinal);
                var swagger = openApi.Swagger();
                await (protobuf
                    ? Answers.WriteAsync(http, 200, swagger.Protobuf, "application/com.github.proto-openapi.spec.v2.v1.0+protobuf")
                    : Answers.WriteAsync(http, 200, swagger.Json));
                return;
            case "/openapi/v3":
                await Answers.WriteAsync(http, 200, openApi.Index(), "application/json");
                return;
            case "/api" or "/api/":
                await DiscoverAsync(http, core: true);
                return;
            case "/apis" or "/apis/":
                await DiscoverAsync(http, core: false);
                return;
            case "/.well-known/openid-configuration":
                await Answers.WriteNodeAsync(http, 200, new System.Text.Json.Nodes.JsonObject
                {
                    ["issuer"] = ServiceAccountTokens.Issuer,
                    ["jwks_uri"] = ServiceAccountTokens.Issuer + "/openid/v1/jwks",
                    ["response_types_supported"] = new System.Text.Json.Nodes.JsonArray("id_token"),
                    ["subject_types_supported"] = new System.Text.Json.Nodes.JsonArray("public"),
                    ["id_token_signing_alg_values_supported"] = new System.Text.Json.Nodes.JsonArray("ES256"),
                });
                return;
            case "/openid/v1/jwks":
                await Answers.WriteAsync(http, 200, KubernetesJson.WriteNode(tokens.KeySet()), "application/jwk-set+json");
                return;
        }

        if (path.StartsWith("/openapi/v3/", StringComparison.Ordinal))
        {
            await OpenApiAsync(http, path["/openapi/v3/".Length..]);
            return;
        }

        await ResourceAsync(http, target, user);
    }

    private System.Text.Json.Nodes.JsonArray RootPaths()
    {
        System.Text.Json.Nodes.JsonArray paths = [(System.Text.Json.Nodes.JsonNode)"/.well-known/openid-configuration", (System.Text.Json.Nodes.JsonNode)"/api", (System.Text.Json.Nodes.JsonNode)"/api/v1", (System.Text.Json.Nodes.JsonNode)"/apis"];
        foreach (var group in registry.Groups().Where(group => group.Length > 0).Order(StringComparer.Ordinal))
        {
            paths.Put("/apis/" + group);
            foreach (var version in registry.Versions(group))
            {
                paths.Put($"/apis/{group}/{version}");
            }
        }

        foreach (var path in (string[])["/healthz", "/livez", "/openapi/v2", "/openapi/v3", "/openid/v1/jwks", "/readyz", "/version"])
        {
            paths.Put(path);
        }

        return paths;
    }

    /// <summary>What everyone may ask, with or without credentials.</summary>
    private async Task<bool> PublicAsync(HttpContext http, string path)
    {
        if (path is "/version" or "/version/")
        {
            await Answers.WriteNodeAsync(http, 200, ServerVersion.Document());
            return true;
        }

        var probe = path.Split('/')[1];
        if (probe is not ("healthz" or "livez" or "readyz"))
        {
            return false;
        }

        if (probe == "readyz" && !isBootstrapped())
        {
            // What kube-apiserver says until its post-start hooks have written what every cluster has.
            await Answers.WriteAsync(http, 500, "[+]ping ok\n[-]poststarthook/bootstrap failed: not finished\nreadyz check failed\n"u8.ToArray(), "text/plain; charset=utf-8");
            return true;
        }

        var text = http.Request.Query.ContainsKey("verbose") ? $"[+]ping ok\n[+]storage ok\n{probe} check passed\n" : "ok";
        await Answers.WriteAsync(http, 200, System.Text.Encoding.UTF8.GetBytes(text), "text/plain; charset=utf-8");
        return true;
    }

    private Task DiscoverAsync(HttpContext http, bool core)
    {
        http.Response.Headers.Vary = "Accept";
        foreach (var clause in http.Request.Headers.Accept.ToString().Split(','))
        {
            if (clause.Contains("as=APIGroupDiscoveryList", StringComparison.Ordinal) && clause.Contains("json", StringComparison.Ordinal))
            {
                var version = clause.Contains("v=v2beta1", StringComparison.Ordinal) ? "v2beta1" : "v2";
                return Answers.WriteAsync(
                    http, 200, KubernetesJson.WriteNode(discovery.Aggregated(core, version)), $"application/json;g=apidiscovery.k8s.io;v={version};as=APIGroupDiscoveryList");
            }
        }

        return Answers.WriteNodeAsync(http, 200, core ? DiscoveryDocuments.LegacyCoreVersions(http.Request.Host.Value ?? "") : discovery.LegacyGroups());
    }

    private async Task OpenApiAsync(HttpContext http, string path)
    {
        if (RequestTarget.Parse("/" + path) is not { Plural: "" } target || !registry.HasGroupVersion(target.Group, target.Version))
        {
            throw new StatusException(404, "NotFound", "the server could not find the requested resource", []);
        }

        var document = openApi.Get(target.Group, target.Version);
        var tag = $"\"{document.Hash}\"";
        http.Response.Headers.ETag = tag;
        http.Response.Headers.Vary = "Accept";
        if (http.Request.Query["hash"] == document.Hash)
        {
            http.Response.Headers.CacheControl = "public, immutable";
        }

        if (http.Request.Headers.IfNoneMatch == tag)
        {
            http.Response.StatusCode = 304;
            return;
        }

        await Answers.WriteAsync(http, 200, document.Json);
    }

    private async Task ResourceAsync(HttpContext http, RequestTarget? target, UserInfo user)
    {
        var knownVersion = target is not null && target.Version.Length > 0 && registry.HasGroupVersion(target.Group, target.Version);
        if (target is null || (!knownVersion && (target.Version.Length > 0 || !registry.HasGroup(target.Group))))
        {
            await Answers.WriteAsync(http, 404, "404 page not found\n"u8.ToArray(), "text/plain; charset=utf-8");
            return;
        }

        if (target.Plural.Length == 0)
        {
            await Answers.WriteNodeAsync(http, 200, target.Version.Length == 0 ? discovery.LegacyGroup(target.Group) : discovery.LegacyResources(target.Group, target.Version));
            return;
        }

        var served = registry.Find(target.Group, target.Version, target.Plural) ?? throw StatusException.NoSuchPath();
        if (target.Namespace.Length > 0 && !served.Definition.Namespaced)
        {
            throw StatusException.NoSuchPath();
        }

        if (served.Definition.DeprecationWarning is { } deprecated)
        {
            Answers.AddWarning(http, deprecated);
        }

        await DispatchAsync(new RequestContext(http, user, target, served));
    }

    private Task DispatchAsync(RequestContext request)
    {
        if (request.Target.Subresource.Length > 0)
        {
            return SubresourceAsync(request);
        }

        var method = request.Http.Request.Method;
        var named = request.Name.Length > 0;
        var resource = request.Resource;
        var verb = (method, named) switch
        {
            ("GET" or "HEAD", _) when request.Target.WatchPath || request.Flag("watch") => "watch",
            ("GET" or "HEAD", true) => "get",
            ("GET" or "HEAD", false) => "list",
            ("POST", false) => "create",
            ("PUT", true) => "update",
            ("PATCH", true) => "patch",
            ("DELETE", true) => "delete",
            ("DELETE", false) => "deletecollection",
            _ => "",
        };
        if (!resource.Verbs.Contains(verb))
        {
            throw StatusException.MethodNotAllowed();
        }

        if (resource.Namespaced && request.Namespace.Length == 0 && verb is not ("list" or "watch"))
        {
            throw named ? StatusException.NoSuchPath() : StatusException.MethodNotAllowed();
        }

        return verb switch
        {
            "get" => reads.GetAsync(request),
            "list" => reads.ListAsync(request),
            "watch" => watches.RunAsync(request),
            "create" when request.Served.Collection is null => resource.Plural == "bindings" ? subresources.BindAsync(request) : reviews.CreateAsync(request),
            "create" => writes.CreateAsync(request),
            "update" => writes.UpdateAsync(request),
            "patch" => writes.PatchAsync(request),
            "delete" => writes.DeleteAsync(request),
            _ => writes.DeleteCollectionAsync(request),
        };
    }

    private Task SubresourceAsync(RequestContext request)
    {
        var sub = request.Resource.Sub(request.Target.Subresource) ?? throw StatusException.NoSuchPath();
        var method = request.Http.Request.Method;
        switch (request.Resource.Plural, sub.Name)
        {
            case (_, "scale"):
                return subresources.ScaleAsync(request);
            case ("pods", "log" or "exec" or "attach" or "portforward" or "proxy"):
                return proxies.PodAsync(request);
            case ("services", "proxy"):
                return proxies.ServiceProxyAsync(request);
            case ("nodes", "proxy"):
                return proxies.NodeProxyAsync(request);
            case ("pods", "binding") when method == "POST":
                return subresources.BindAsync(request);
            case ("pods", "eviction") when method == "POST":
                return subresources.EvictAsync(request);
            case ("serviceaccounts", "token") when method == "POST":
                return subresources.TokenAsync(request);
            default:
                return method switch
                {
                    "GET" when sub.Verbs.Contains("get") => reads.GetAsync(request),
                    "PUT" when sub.Verbs.Contains("update") => writes.UpdateAsync(request),
                    "PATCH" when sub.Verbs.Contains("patch") => writes.PatchAsync(request),
                    _ => throw StatusException.MethodNotAllowed(),
                };
        }
    }
}
