using System.Globalization;
using System.Text.Json;
using Fairlead.Lab.Fabric;

namespace Fairlead.Lab.Faults;

/// <summary>The faults of a lab as files in its directory, one each: what takes a lab down takes them along.</summary>
internal sealed class FaultStore(LabPaths paths)
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    /// <summary>Those that are written down, in the order in which they began.</summary>
    public IReadOnlyList<FaultRecord> List() => Directory.Exists(paths.Faults)
        ? [.. Directory.GetFiles(paths.Faults, "*.json").Select(Read).OfType<FaultRecord>().OrderBy(record => record.Id)]
        : [];

    /// <summary>Writes one down, all of it or nothing.</summary>
    public void Save(FaultRecord record)
    {
        Directory.CreateDirectory(paths.Faults);
        string file = FileOf(record);
        File.WriteAllBytes(file + ".new", JsonSerializer.SerializeToUtf8Bytes(record, FaultJson.Default.FaultRecord));
        File.Move(file + ".new", file, overwrite: true);
    }

    /// <summary>Forgets one.</summary>
    public void Delete(FaultRecord record) => File.Delete(FileOf(record));

    /// <summary>Keeps two commands from changing the same lab's faults at once; waits for the other one.</summary>
    /// <exception cref="LabException">The other one doesn't end.</exception>
    public IDisposable Lock()
    {
        Directory.CreateDirectory(paths.Faults);
        string file = Path.Combine(paths.Faults, "lock");
        long start = TimeProvider.System.GetTimestamp();
        while (true)
        {
            try
            {
                return new FileStream(file, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException) when (TimeProvider.System.GetElapsedTime(start) < s_patience)
            {
                Thread.Sleep(20);
            }
            catch (IOException exception)
            {
                throw new LabException($"another command has been changing the lab's faults for {s_patience.TotalSeconds:F0} s. See what it waits for, or end it.", exception);
            }
        }
    }

    private string FileOf(FaultRecord record) => Path.Combine(paths.Faults, record.Id.ToString(CultureInfo.InvariantCulture) + ".json");

    private static FaultRecord? Read(string file)
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(file), FaultJson.Default.FaultRecord);
        }
        catch (FileNotFoundException)
        {
            // Cleared since the directory was read.
            return null;
        }
        catch (JsonException exception)
        {
            throw new LabException($"{file} can't be read ({exception.Message}). Remove it; what the fault did stays until 'fairlead lab up' makes the lab anew.", exception);
        }
    }
}
