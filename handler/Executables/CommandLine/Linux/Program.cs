return CrashHandler.Handler.Cli.CommandLine.Run(args);
