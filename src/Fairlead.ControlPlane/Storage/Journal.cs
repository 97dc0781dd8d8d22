using Microsoft.Data.Sqlite;

namespace Fairlead.ControlPlane.Storage;

/// <summary>What one write changes on disk. A null <see cref="Json"/> deletes.</summary>
internal readonly record struct JournalEntry(long Id, string Collection, long Revision, byte[]? Json);

/// <summary>
/// The objects on disk: one SQLite file, WAL, synchronous=FULL. A batch is one transaction and one fsync; when <see cref="Commit"/>
/// returns, the batch survives kill -9 and power loss. Used by one thread at a time.
/// </summary>
internal sealed class Journal : IDisposable
{
    private readonly SqliteConnection _connection;
    private readonly SqliteCommand _begin, _commit, _rollback, _put, _delete, _revision;
    private readonly SqliteParameter _putId, _putCollection, _putRevision, _putValue, _deleteId, _revisionValue;

    public Journal(string path)
    {
        _connection = new SqliteConnection(new SqliteConnectionStringBuilder
        {
            DataSource = path,
            Pooling = false,
        }.ToString());
        _connection.Open();
        Execute("PRAGMA journal_mode=WAL");
        Execute("PRAGMA synchronous=FULL");
        Execute("PRAGMA locking_mode=EXCLUSIVE");
        Execute("PRAGMA wal_autocheckpoint=4000");
        Execute("CREATE TABLE IF NOT EXISTS object (id INTEGER PRIMARY KEY, collection TEXT NOT NULL, revision INTEGER NOT NULL, value BLOB NOT NULL)");
        Execute("CREATE TABLE IF NOT EXISTS state (id INTEGER PRIMARY KEY CHECK (id = 1), revision INTEGER NOT NULL)");
        Execute("INSERT OR IGNORE INTO state VALUES (1, 0)");

        _begin = Prepare("BEGIN IMMEDIATE");
        _commit = Prepare("COMMIT");
        _rollback = Prepare("ROLLBACK");
        _put = Prepare("INSERT OR REPLACE INTO object VALUES ($id, $collection, $revision, $value)");
        _putId = Parameter(_put, "$id", SqliteType.Integer);
        _putCollection = Parameter(_put, "$collection", SqliteType.Text);
        _putRevision = Parameter(_put, "$revision", SqliteType.Integer);
        _putValue = Parameter(_put, "$value", SqliteType.Blob);
        _delete = Prepare("DELETE FROM object WHERE id = $id");
        _deleteId = Parameter(_delete, "$id", SqliteType.Integer);
        _revision = Prepare("UPDATE state SET revision = $revision");
        _revisionValue = Parameter(_revision, "$revision", SqliteType.Integer);
    }

    /// <summary>The last revision that was committed; 0 in a new journal.</summary>
    public long ReadRevision()
    {
        using var command = _connection.CreateCommand();
        command.CommandText = "SELECT revision FROM state";
        return (long)command.ExecuteScalar()!;
    }

    public IEnumerable<JournalEntry> ReadAll()
    {
        using var command = _connection.CreateCommand();
        command.CommandText = "SELECT id, collection, revision, value FROM object";
        using var reader = command.ExecuteReader();
        while (reader.Read())
        {
            yield return new JournalEntry(reader.GetInt64(0), reader.GetString(1), reader.GetInt64(2), reader.GetFieldValue<byte[]>(3));
        }
    }

    /// <summary>Writes the batch durably, whole or not at all; throws <see cref="SqliteException"/> when the disk refuses.</summary>
    public void Commit(IReadOnlyList<JournalEntry> entries, long revision)
    {
        _begin.ExecuteNonQuery();
        try
        {
            foreach (var entry in entries)
            {
                if (entry.Json is null)
                {
                    _deleteId.Value = entry.Id;
                    _delete.ExecuteNonQuery();
                }
                else
                {
                    _putId.Value = entry.Id;
                    _putCollection.Value = entry.Collection;
                    _putRevision.Value = entry.Revision;
                    _putValue.Value = entry.Json;
                    _put.ExecuteNonQuery();
                }
            }

            _revisionValue.Value = revision;
            _revision.ExecuteNonQuery();
            _commit.ExecuteNonQuery();
        }
        catch (SqliteException)
        {
            RollBack();
            throw;
        }
    }

    public void Dispose()
    {
        foreach (var command in (SqliteCommand[])[_begin, _commit, _rollback, _put, _delete, _revision])
        {
            command.Dispose();
        }

        _connection.Dispose();
    }

    private void RollBack()
    {
        try
        {
            _rollback.ExecuteNonQuery();
        }
        catch (SqliteException)
        {
            // SQLite has already rolled back by itself (disk full, I/O error); the first error is the one to report.
        }
    }

    private void Execute(string sql)
    {
        using var command = Prepare(sql);
        command.ExecuteNonQuery();
    }

    // The statements are constants of this class; nothing of a request ever gets into their text.
#pragma warning disable CA2100
    private SqliteCommand Prepare(string sql)
    {
        var command = _connection.CreateCommand();
        command.CommandText = sql;
        return command;
    }
#pragma warning restore CA2100

    private static SqliteParameter Parameter(SqliteCommand command, string name, SqliteType type)
    {
        var parameter = command.CreateParameter();
        parameter.ParameterName = name;
        parameter.SqliteType = type;
        command.Parameters.Add(parameter);
        return parameter;
    }
}
