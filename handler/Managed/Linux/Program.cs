using CrashHandler.Handler.Managed;

// crash-handler-walk [WHY]: why the runtime is not asked, for a second walk after its debugging library ended the first.
return WalkProcess.Run(args is [{ Length: > 0 } reason, ..] ? reason : null, isAgain: args.Length > 1);
