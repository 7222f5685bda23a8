import logging
import os

wsgi_app = "config.wsgi:application"
bind = "0.0.0.0:8000"
# SQLite has one writer, so a second process is for a stuck first one rather than for speed.
workers = int(os.environ.get("WEB_WORKERS", "2"))
worker_class = "gthread"
threads = 8
# Memory, not the container's disk layer: a slow disk would look like a hanging worker.
worker_tmp_dir = "/dev/shm"
control_socket_disable = True
# Seconds for requests in flight at a stop. Less than the 30 s the deployment gives before the kill.
graceful_timeout = 25
timeout = 60
keepalive = 5
# Reached through our edge alone, on a private network, from an address that changes.
forwarded_allow_ips = "*"


class WithoutHealthChecks(logging.Filter):
    """Docker asks every two seconds; only a failing answer is worth a line."""

    def filter(self, record):
        request = record.args if isinstance(record.args, dict) else {}
        return not (request.get("U") == "/healthz" and str(request.get("s")) == "200")


accesslog = "-"
access_log_format = '%({x-forwarded-for}i)s "%(r)s" %(s)s %(B)s bytes %(M)s ms'
logconfig_dict = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "filters": {"without_health_checks": {"()": WithoutHealthChecks}},
    "handlers": {
        "stdout": {"class": "logging.StreamHandler", "stream": "ext://sys.stdout", "formatter": "line"}
    },
    "root": {"handlers": ["stdout"], "level": "INFO"},
    "loggers": {
        "gunicorn.error": {"handlers": ["stdout"], "level": "INFO", "propagate": False},
        "gunicorn.access": {
            "handlers": ["stdout"],
            "level": "INFO",
            "propagate": False,
            "filters": ["without_health_checks"],
        },
    },
}
