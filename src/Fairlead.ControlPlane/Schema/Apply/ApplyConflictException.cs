namespace Fairlead.ControlPlane.Schema.Apply;

/// <summary>A field that someone else owns with another value.</summary>
internal sealed record FieldConflict(FieldOwner Owner, string[] Path)
{
    /// <summary>The field as the status's cause names it.</summary>
    public string Field => FieldSet.Show(Path);

    /// <summary>The cause's message.</summary>
    public string Message => "conflict with " + Owner.Show();
}

/// <summary>
/// An apply that others' fields stand against: 409 with reason Conflict and a cause of type FieldManagerConflict for each field.
/// </summary>
internal sealed class ApplyConflictException(IReadOnlyList<FieldConflict> conflicts) : Exception(Text(conflicts))
{
    public IReadOnlyList<FieldConflict> Conflicts { get; } = conflicts;

    private static string Text(IReadOnlyList<FieldConflict> conflicts)
    {
        if (conflicts.Count == 1)
        {
            return $"Apply failed with 1 conflict: {conflicts[0].Message}: {conflicts[0].Field}";
        }

        IEnumerable<string> lines = conflicts.GroupBy(static c => c.Owner.Show()).OrderBy(static g => g.Key, StringComparer.Ordinal)
            .SelectMany(static g => g.Select(static c => $"- {c.Field}").Prepend($"conflicts with {g.Key}:"));
        return $"Apply failed with {conflicts.Count} conflicts: {string.Join('\n', lines)}";
    }
}
