namespace Fairlead.Cni.Plugins.Links;

/// <summary>What was made so far by an ADD that may yet fail, so that it leaves nothing: undone in the opposite order.</summary>
internal sealed class Undo
{
    private readonly Stack<Action> _steps = [];

    public void Push(Action step) => _steps.Push(step);

    /// <summary>Undoes everything. Never throws: the error that brought us here says more, and GC finds what could not be undone.</summary>
    public void Run()
    {
        while (_steps.TryPop(out Action? step))
        {
            try
            {
                step();
            }
            catch (Exception exception) when (exception is IOException or CniException)
            {
                // Go on with the rest.
            }
        }
    }
}
