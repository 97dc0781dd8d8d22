using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Fairlead.ControlPlane.Json;
using Fairlead.ControlPlane.Requests;

namespace Fairlead.ControlPlane.Resources.Custom;

/// <summary>
/// Structural schemas of CustomResourceDefinitions (OpenAPI v3 with Kubernetes' extensions): pruning, defaults, validation.
/// </summary>
internal static class StructuralSchema
{
    private static readonly TimeSpan PatternTimeout = TimeSpan.FromMilliseconds(200);

    /// <summary>Takes away fields that the schema doesn't know, noting each as <c>unknown field "…"</c>.</summary>
    public static void Prune(JsonObject value, JsonObject schema, List<string> strict) => Prune(value, schema, "", strict, root: true);

    private static void Prune(JsonNode? node, JsonObject schema, string path, List<string> strict, bool root)
    {
        switch (node)
        {
            case JsonObject map:
                PruneMap(map, schema, path, strict, root);
                break;
            case JsonArray list when schema["items"] is JsonObject items:
                for (var i = 0; i < list.Count; i++)
                {
                    Prune(list[i], items, $"{path}[{i}]", strict, root: false);
                }

                break;
        }
    }

    private static void PruneMap(JsonObject map, JsonObject schema, string path, List<string> strict, bool root)
    {
        var embedded = root || schema.BooleanAt("x-kubernetes-embedded-resource") == true;
        var keepUnknown = schema.BooleanAt("x-kubernetes-preserve-unknown-fields") == true;
        var properties = schema["properties"] as JsonObject;
        var additional = schema["additionalProperties"];
        foreach (var (name, child) in map.ToList())
        {
            if (embedded && name is ("apiVersion" or "kind" or "metadata"))
            {
                continue;
            }

            var at = path.Length == 0 ? name : $"{path}.{name}";
            if (properties?[name] is JsonObject known)
            {
                Prune(child, known, at, strict, root: false);
            }
            else if (additional is JsonObject any)
            {
                Prune(child, any, at, strict, root: false);
            }
            else if (!keepUnknown && additional is not JsonValue)
            {
                map.Remove(name);
                strict.Add($"unknown field \"{at}\"");
            }
        }
    }

    /// <summary>
    /// Sets what the schema gives a default for, wherever its parent is there. A null that may not be one counts as absent
    /// (apiextensions-apiserver, schema/defaulting/prune.go).
    /// </summary>
    public static void Default(JsonNode? node, JsonObject schema)
    {
        switch (node)
        {
            case JsonObject map:
                foreach (var (name, property) in schema["properties"] as JsonObject ?? [])
                {
                    if (property is not JsonObject inner)
                    {
                        continue;
                    }

                    if (inner["default"] is { } value && (!map.ContainsKey(name) || (map[name] is null && inner.BooleanAt("nullable") != true)))
                    {
                        map[name] = value.DeepClone();
                    }
                    else if (map.ContainsKey(name) && map[name] is null && inner.BooleanAt("nullable") != true)
                    {
                        map.Remove(name);
                    }

                    Default(map[name], inner);
                }

                if (schema["additionalProperties"] is JsonObject additional)
                {
                    foreach (var (name, child) in map)
                    {
                        if ((schema["properties"] as JsonObject)?.ContainsKey(name) != true)
                        {
                            Default(child, additional);
                        }
                    }
                }

                break;
            case JsonArray list when schema["items"] is JsonObject items:
                foreach (var item in list)
                {
                    Default(item, items);
                }

                break;
        }
    }

    /// <summary>Checks a value; paths as kube-apiserver writes them.</summary>
    public static void Validate(JsonNode? node, JsonObject schema, string path, List<FieldError> errors)
    {
        if (node is null)
        {
            if (schema.BooleanAt("nullable") != true && path.Length > 0 && schema["type"] is not null)
            {
                errors.Add(FieldError.Invalid(path, "null", $"{path} in body must be of type {schema.StringAt("type")}: \"null\""));
            }

            return;
        }

        if (!HasType(node, schema))
        {
            var wanted = schema.BooleanAt("x-kubernetes-int-or-string") == true ? "integer,string" : schema.StringAt("type");
            errors.Add(FieldError.Invalid(path, TypeName(node), $"{path} in body must be of type {wanted}: \"{TypeName(node)}\"") with { Reason = "FieldValueTypeInvalid" });
            return;
        }

        if (schema["enum"] is JsonArray allowed && !allowed.Any(one => JsonNode.DeepEquals(one, node)))
        {
            errors.Add(FieldError.NotSupported(path, node.DeepClone(), [.. allowed.Select(one => one?.ToString() ?? "null")]));
        }

        switch (node)
        {
            case JsonObject map:
                ValidateMap(map, schema, path, errors);
                break;
            case JsonArray list:
                ValidateList(list, schema, path, errors);
                break;
            case JsonValue value when value.GetValueKind() == JsonValueKind.String:
                ValidateString(value.GetValue<string>(), schema, path, errors);
                break;
            case JsonValue value when value.GetValueKind() == JsonValueKind.Number:
                ValidateNumber(value, schema, path, errors);
                break;
        }

        ValidateCombinations(node, schema, path, errors);
    }

    private static void ValidateMap(JsonObject map, JsonObject schema, string path, List<FieldError> errors)
    {
        var prefix = path.Length == 0 ? "" : path + ".";
        foreach (var name in schema.StringsAt("required"))
        {
            if (!map.ContainsKey(name))
            {
                errors.Add(FieldError.Required(prefix + name));
            }
        }

        if (schema.IntegerAt("maxProperties") is { } maximum && map.Count > maximum)
        {
            errors.Add(new FieldError(path, "FieldValueTooMany", $"Too many: {map.Count}: must have at most {maximum} items"));
        }

        if (schema.IntegerAt("minProperties") is { } minimum && map.Count < minimum)
        {
            errors.Add(FieldError.Invalid(path, map.DeepClone(), $"{path} in body should have at least {minimum} properties"));
        }

        var properties = schema["properties"] as JsonObject;
        foreach (var (name, child) in map)
        {
            if (path.Length == 0 && name is ("apiVersion" or "kind" or "metadata"))
            {
                continue;
            }

            if (properties?[name] is JsonObject known)
            {
                Validate(child, known, prefix + name, errors);
            }
            else if (schema["additionalProperties"] is JsonObject any)
            {
                Validate(child, any, prefix + name, errors);
            }
        }
    }

    private static void ValidateList(JsonArray list, JsonObject schema, string path, List<FieldError> errors)
    {
        if (schema.IntegerAt("maxItems") is { } maximum && list.Count > maximum)
        {
            errors.Add(new FieldError(path, "FieldValueTooMany", $"Too many: {list.Count}: must have at most {maximum} items"));
        }

        if (schema.IntegerAt("minItems") is { } minimum && list.Count < minimum)
        {
            errors.Add(FieldError.Invalid(path, list.Count, $"{path} in body should have at least {minimum} items"));
        }

        if (schema["items"] is JsonObject items)
        {
            for (var i = 0; i < list.Count; i++)
            {
                Validate(list[i], items, $"{path}[{i}]", errors);
            }
        }

        ValidateListType(list, schema, path, errors);
    }

    private static void ValidateListType(JsonArray list, JsonObject schema, string path, List<FieldError> errors)
    {
        HashSet<string> seen = [];
        switch (schema.StringAt("x-kubernetes-list-type"))
        {
            case "set":
                for (var i = 0; i < list.Count; i++)
                {
                    if (!seen.Add(KubernetesJson.Text(list[i])))
                    {
                        errors.Add(FieldError.Duplicate($"{path}[{i}]", list[i]?.DeepClone()));
                    }
                }

                break;
            case "map":
                var keys = schema.StringsAt("x-kubernetes-list-map-keys").ToList();
                for (var i = 0; i < list.Count; i++)
                {
                    JsonObject identity = [];
                    foreach (var key in keys)
                    {
                        identity[key] = list[i].At(key)?.DeepClone();
                    }

                    if (!seen.Add(KubernetesJson.Text(identity)))
                    {
                        errors.Add(FieldError.Duplicate($"{path}[{i}]", identity));
                    }
                }

                break;
        }
    }

    private static void ValidateString(string text, JsonObject schema, string path, List<FieldError> errors)
    {
        if (schema.IntegerAt("maxLength") is { } maximum && text.EnumerateRunes().Count() > maximum)
        {
            errors.Add(new FieldError(path, "FieldValueTooLong", $"Too long: may not be more than {maximum} bytes"));
        }

        if (schema.IntegerAt("minLength") is { } minimum && text.EnumerateRunes().Count() < minimum)
        {
            errors.Add(FieldError.Invalid(path, text, $"{path} in body should be at least {minimum} chars long"));
        }

        if (schema.StringAt("format") is { } format && !StringFormats.IsValid(format, text))
        {
            errors.Add(FieldError.Invalid(path, text, $"{path} in body must be of type {format}: {KubernetesJson.Text(text)}"));
        }

        if (schema.StringAt("pattern") is { } pattern && !Matches(text, pattern))
        {
            errors.Add(FieldError.Invalid(path, text, $"{path} in body should match '{pattern}'"));
        }
    }

    /// <summary>A pattern that can't be read, or takes too long on this text, doesn't match: patterns are a stranger's code.</summary>
    private static bool Matches(string text, string pattern)
    {
        try
        {
            return Regex.IsMatch(text, pattern, RegexOptions.CultureInvariant, PatternTimeout);
        }
        catch (Exception exception) when (exception is ArgumentException or RegexMatchTimeoutException)
        {
            return false;
        }
    }

    private static void ValidateNumber(JsonValue value, JsonObject schema, string path, List<FieldError> errors)
    {
        var number = Number(value);
        if (schema["maximum"] is JsonValue maximum && (schema.BooleanAt("exclusiveMaximum") == true ? number >= Number(maximum) : number > Number(maximum)))
        {
            errors.Add(FieldError.Invalid(path, value.DeepClone(), $"{path} in body should be less than {(schema.BooleanAt("exclusiveMaximum") == true ? "" : "or equal to ")}{maximum}"));
        }

        if (schema["minimum"] is JsonValue minimum && (schema.BooleanAt("exclusiveMinimum") == true ? number <= Number(minimum) : number < Number(minimum)))
        {
            errors.Add(FieldError.Invalid(path, value.DeepClone(), $"{path} in body should be greater than {(schema.BooleanAt("exclusiveMinimum") == true ? "" : "or equal to ")}{minimum}"));
        }

        if (schema["multipleOf"] is JsonValue factor && Number(factor) is > 0 and var step && number % step != 0)
        {
            errors.Add(FieldError.Invalid(path, value.DeepClone(), $"{path} in body should be a multiple of {factor}"));
        }
    }

    private static void ValidateCombinations(JsonNode node, JsonObject schema, string path, List<FieldError> errors)
    {
        static bool Fits(JsonNode node, JsonObject schema, string path)
        {
            List<FieldError> inner = [];
            Validate(node, schema, path, inner);
            return inner.Count == 0;
        }

        foreach (var part in schema.ObjectsAt("allOf"))
        {
            Validate(node, part, path, errors);
        }

        var any = schema.ObjectsAt("anyOf").ToList();
        if (any.Count > 0 && !any.Any(part => Fits(node, part, path)))
        {
            errors.Add(FieldError.Invalid(path, node.DeepClone(), $"{path} in body must validate at least one schema (anyOf)"));
        }

        var one = schema.ObjectsAt("oneOf").ToList();
        if (one.Count > 0 && one.Count(part => Fits(node, part, path)) != 1)
        {
            errors.Add(FieldError.Invalid(path, node.DeepClone(), $"{path} in body must validate one and only one schema (oneOf)"));
        }

        if (schema["not"] is JsonObject not && Fits(node, not, path))
        {
            errors.Add(FieldError.Invalid(path, node.DeepClone(), $"{path} in body must not validate the schema (not)"));
        }
    }

    private static double Number(JsonValue value) => double.Parse(value.ToJsonString(), CultureInfo.InvariantCulture);

    private static bool HasType(JsonNode node, JsonObject schema)
    {
        var kind = node.GetValueKind();
        if (schema.BooleanAt("x-kubernetes-int-or-string") == true)
        {
            return kind == JsonValueKind.String || (kind == JsonValueKind.Number && node.AsInteger() is not null);
        }

        return schema.StringAt("type") switch
        {
            "object" => kind == JsonValueKind.Object,
            "array" => kind == JsonValueKind.Array,
            "string" => kind == JsonValueKind.String,
            "boolean" => kind is JsonValueKind.True or JsonValueKind.False,
            "integer" => kind == JsonValueKind.Number && node.AsInteger() is not null,
            "number" => kind == JsonValueKind.Number,
            _ => true,
        };
    }

    private static string TypeName(JsonNode node) => node.GetValueKind() switch
    {
        JsonValueKind.Object => "object",
        JsonValueKind.Array => "array",
        JsonValueKind.String => "string",
        JsonValueKind.Number => node.AsInteger() is null ? "number" : "integer",
        _ => "boolean",
    };
}
