using System.Buffers;
using System.Text.Json;
using Fairlead.ControlPlane.Json;
using Fairlead.ControlPlane.Printing;
using Fairlead.ControlPlane.Resources;
using Fairlead.ControlPlane.Storage;
using Microsoft.AspNetCore.Http;

namespace Fairlead.ControlPlane.Requests;

/// <summary>GET of one object and of lists.</summary>
internal sealed class ReadRequests(ObjectStore store, TimeProvider time)
{
    private const int PieceBytes = 64 << 10;

    public Task GetAsync(RequestContext request)
    {
        if (long.TryParse(request.Query("resourceVersion"), out var wanted) && wanted > store.Revision)
        {
            throw StatusException.RevisionTooLarge(wanted, store.Revision);
        }

        var found = store.Find(request.Served.Collection!, request.Namespace, request.Name) ?? throw StatusException.NotFound(request.Resource, request.Name);
        return Answers.WriteObjectAsync(request, 200, found.Json, time);
    }

    public Task ListAsync(RequestContext request)
    {
        var options = ListOptions.Read(request, watch: false);
        var negotiated = Negotiation.Choose(request.Http.Request);
        var page = Take(request, options);
        var resource = request.Resource;
        if (negotiated.Shape == AnswerShape.Table)
        {
            var table = TableWriter.Write(
                resource.Columns, page.Items.Select(item => new ReadOnlyMemory<byte>(Answers.View(resource, item.Json))), writer => WriteListMetadata(writer, page),
                TableWriter.Included(request.Query("includeObject")), time.GetUtcNow());
            return Answers.WriteAsync(request.Http, 200, table);
        }

        return WriteListAsync(request.Http, resource, page, negotiated);
    }

    /// <summary>One page of objects at one revision.</summary>
    internal sealed record Page(List<StoredObject> Items, long Revision, string Continue, int? Remaining);

    private Page Take(RequestContext request, ListOptions options)
    {
        var collection = request.Served.Collection!;
        List<StoredObject> all;
        long revision;
        var after = "";
        if (options.Continue.Length > 0)
        {
            var token = ContinueToken.Decode(options.Continue);
            after = token.After;
            revision = token.Revision;
            all = Snapshot(collection, request.Namespace, revision, "The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.");
        }
        else if (options.Revision > 0 && (options.ResourceVersionMatch == "Exact" || (options.Limit > 0 && options.ResourceVersionMatch.Length == 0)))
        {
            if (options.Revision > store.Revision)
            {
                throw StatusException.RevisionTooLarge(options.Revision, store.Revision);
            }

            revision = options.Revision;
            all = Snapshot(collection, request.Namespace, revision, $"The resourceVersion for the provided list is too old.");
        }
        else
        {
            if (options.Revision > store.Revision)
            {
                throw StatusException.RevisionTooLarge(options.Revision, store.Revision);
            }

            (all, revision) = store.List(collection, request.Namespace);
        }

        return Cut(all, revision, after, request.Namespace, options);
    }

    private List<StoredObject> Snapshot(Collection collection, string ns, long revision, string tooOld) =>
        store.ListAt(collection, ns, revision) ?? throw StatusException.Expired(tooOld);

    private static Page Cut(List<StoredObject> all, long revision, string after, string ns, ListOptions options)
    {
        var filtered = options.Labels.IsEmpty && options.Fields.IsEmpty;
        List<StoredObject> items = filtered && after.Length == 0 && options.Limit == 0 ? all : [];
        if (ReferenceEquals(items, all))
        {
            return new(items, revision, "", null);
        }

        for (var i = 0; i < all.Count; i++)
        {
            var item = all[i];
            if (after.Length > 0 && CompareKeys(Key(item, ns), after) <= 0)
            {
                continue;
            }

            if (!options.Labels.Matches(item) || !options.Fields.Matches(item))
            {
                continue;
            }

            if (options.Limit > 0 && items.Count == options.Limit)
            {
                // With a selector nobody knows how many of the rest would match, so nothing is said.
                var token = new ContinueToken(revision, Key(items[^1], ns)).Encode();
                return new(items, revision, token, filtered ? all.Count - i : null);
            }

            items.Add(item);
        }

        return new(items, revision, "", null);
    }

    private static string Key(StoredObject item, string ns) => ns.Length > 0 || item.Namespace.Length == 0 ? item.Name : $"{item.Namespace}/{item.Name}";

    private static int CompareKeys(string a, string b) => string.CompareOrdinal(a, b);

    private static void WriteListMetadata(Utf8JsonWriter writer, Page page)
    {
        writer.WriteString("resourceVersion", page.Revision.Invariant());
        if (page.Continue.Length > 0)
        {
            writer.WriteString("continue", page.Continue);
            if (page.Remaining is { } remaining)
            {
                writer.WriteNumber("remainingItemCount", remaining);
            }
        }
    }

    /// <summary>A list goes out in pieces: a large one never stands in memory whole, whoever asks for it and however slowly they read.</summary>
    private static async Task WriteListAsync(HttpContext http, ResourceDefinition resource, Page page, Negotiated negotiated)
    {
        var cancellationToken = http.RequestAborted;
        await using var body = Answers.Start(http, page.Items.Sum(item => (long)item.Json.Length), negotiated.Yaml ? "application/yaml" : "application/json");
        ArrayBufferWriter<byte> buffer = new(PieceBytes + (16 << 10));
        WriteHead(buffer, resource, page, negotiated.Shape);
        for (var i = 0; i < page.Items.Count; i++)
        {
            WriteItem(buffer, resource, page.Items[i], negotiated.Shape, first: i == 0);
            if (buffer.WrittenCount >= PieceBytes)
            {
                await body.WriteAsync(buffer.WrittenMemory, cancellationToken);
                buffer.ResetWrittenCount();
            }
        }

        buffer.Write("]}"u8);
        await body.WriteAsync(buffer.WrittenMemory, cancellationToken);
    }

    private static void WriteHead(ArrayBufferWriter<byte> buffer, ResourceDefinition resource, Page page, AnswerShape shape)
    {
        var partial = shape == AnswerShape.Metadata;
        using Utf8JsonWriter writer = new(buffer, TableWriter.Options);
        writer.WriteStartObject();
        writer.WriteString("kind", partial ? "PartialObjectMetadataList" : resource.ListKindOrDefault);
        writer.WriteString("apiVersion", partial ? "meta.k8s.io/v1" : resource.ApiVersion);
        writer.WriteStartObject("metadata");
        WriteListMetadata(writer, page);
        writer.WriteEndObject();
        writer.WriteStartArray("items");
    }

    private static void WriteItem(ArrayBufferWriter<byte> buffer, ResourceDefinition resource, StoredObject item, AnswerShape shape, bool first)
    {
        if (!first)
        {
            buffer.Write(","u8);
        }

        var json = Answers.View(resource, item.Json);
        if (shape == AnswerShape.Metadata)
        {
            buffer.Write(TableWriter.Partial(json));
        }
        else if (resource.IsCustom)
        {
            buffer.Write(json);
        }
        else
        {
            // Items of a typed list don't repeat their kind.
            buffer.Write("{"u8);
            buffer.Write(json.AsSpan(TypePrefix(resource)));
        }
    }

    /// <summary>How many bytes <c>{"kind":"Pod","apiVersion":"v1",</c> takes.</summary>
    private static int TypePrefix(ResourceDefinition resource) =>
        "{\"kind\":\"\",\"apiVersion\":\"\",".Length + resource.Kind.Length + resource.ApiVersion.Length;
}
