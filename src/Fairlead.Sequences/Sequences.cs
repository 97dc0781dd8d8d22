namespace Fairlead;

/// <summary>
/// A <c>Select</c> that every file below the namespace Fairlead finds before <see cref="System.Linq.Enumerable"/>'s.
/// The framework's is a virtual generic method on its iterators. A NativeAOT compiler has to make it, and all its iterators, for every pair of a type that anything
/// is selected from and a value type that anything is selected to: here 200,000 methods, half of the executable (docs/decisions/0044).
/// </summary>
public static class Sequences
{
    /// <summary>Each element as the selector gives it, when it is asked for.</summary>
    /// <typeparam name="TSource">What there is.</typeparam>
    /// <typeparam name="TResult">What becomes of it.</typeparam>
    public static IEnumerable<TResult> Select<TSource, TResult>(this IEnumerable<TSource> source, Func<TSource, TResult> selector)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(selector);
        return Iterate(source, selector);
    }

    private static IEnumerable<TResult> Iterate<TSource, TResult>(IEnumerable<TSource> source, Func<TSource, TResult> selector)
    {
        foreach (TSource element in source)
        {
            yield return selector(element);
        }
    }
}
