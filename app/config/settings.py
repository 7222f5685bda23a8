import os
import sys
from pathlib import Path

from config.secret_key import secret_key

BASE_DIR = Path(__file__).resolve().parent.parent
# A volume in the container, so that posts survive updates; a folder of its own in development.
DATA_DIR = Path(os.environ.get("BLOG_DATA_DIR", BASE_DIR / ".data"))
VERSION_FILE = BASE_DIR / "VERSION"

DEBUG = os.environ.get("DJANGO_DEBUG") == "1"
SECRET_KEY = secret_key(DATA_DIR)

# Any host by default: the container is reachable only through our own edge proxy, which answers
# for the site's names alone, and nothing here builds links from the Host header.
ALLOWED_HOSTS = os.environ.get("ALLOWED_HOSTS", "*").split(",")
# The edge sets these itself and drops what a client sends under the same names.
USE_X_FORWARDED_HOST = True
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

BLOG_TITLE = os.environ.get("BLOG_TITLE", "The Harbour Log")
# There is no login: BLOG_POSTING=closed takes the form away and leaves the blog to its readers.
BLOG_POSTING = os.environ.get("BLOG_POSTING", "open") != "closed"

INSTALLED_APPS = ["django.contrib.staticfiles", "blog"]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "blog.context.site",
            ]
        },
    }
]

DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": DATA_DIR / "blog.sqlite3",
        "OPTIONS": {
            # Seconds to wait for another process's write, e.g. while containers overlap.
            "timeout": 5,
            # Take the write lock at BEGIN: a transaction upgraded later fails at once instead of waiting.
            "transaction_mode": "IMMEDIATE",
            "init_command": "PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON;",
        },
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

STATIC_URL = "/static/"
STATIC_ROOT = Path(os.environ.get("BLOG_STATIC_ROOT", BASE_DIR / "static-root"))
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "blog.views.csrf_failure"
X_FRAME_OPTIONS = "DENY"
USE_TZ = True
TIME_ZONE = "UTC"

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"stdout": {"class": "logging.StreamHandler", "stream": sys.stdout, "formatter": "line"}},
    "root": {"handlers": ["stdout"], "level": "INFO"},
    "loggers": {"django": {"handlers": ["stdout"], "level": "INFO", "propagate": False}},
}
