from setuptools import setup

setup(name="pricetags", version="1.0.0", py_modules=["pricetags"])
